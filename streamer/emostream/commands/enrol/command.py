"""``emostream enrol``: store a speaker's profile, numbers without sound, from the microphone or from recordings."""

import argparse
from collections.abc import Sequence
from pathlib import Path

from rich import box
from rich.table import Table
from rich.text import Text

from emostream import assets
from emostream.commands.enrol.moods import (
    cards_without_moods,
    moods_in_order,
    profile_of_acted_moods,
    profile_of_moods,
    recordings_by_mood,
)
from emostream.commands.enrol.voice import StreamFor, listening, profile_of_recordings
from emostream.commands.options.microphone import DEVICE_HELP
from emostream.commands.options.pcm import PCM_OPTIONS, add_pcm_arguments, pcm_format
from emostream.commands.options.rules import refuse_with, refuse_without
from emostream.commands.options.stream import add_model_argument
from emostream.commands.settings import Settings
from emostream.commands.stderr import print_line
from emostream.commands.stdout import print_table
from emostream.errors import EmostreamError, NoInputError, UsageError
from emostream.inference.card import ModelCard
from emostream.inference.profile import NEUTRAL, SpeakerProfile
from emostream.inference.speaker import require_adaptation
from emostream.pipeline.stream import EmotionStream
from emostream.profiles import Speakers, speaker_name
from emostream.sources import Source
from emostream.sources.opening import STDIN, open_source

TARGET_S, MIN_S = 20.0, 5.0
PROMPT = "Say a few ordinary sentences as you usually speak, such as what you did today."


def add_arguments(parser: argparse.ArgumentParser, settings: Settings) -> None:
    """The command's options."""
    parser.add_argument("name", nargs="?", metavar="NAME", help="who speaks")
    parser.add_argument(
        "recordings",
        nargs="*",
        type=Path,
        metavar="RECORDING",
        help="sound files of that voice alone instead of the microphone, or - for raw PCM on stdin",
    )
    parser.add_argument(
        "--moods", action="store_true", help="listen to a sentence in each of the moods that the models tell apart"
    )
    parser.add_argument(
        "--mood",
        action="append",
        metavar="LABEL=FILE",
        help="a recording or a folder of them in the mood of a label, instead of the microphone; repeat it for others",
    )
    settings.add_option(parser, "--device", help=DEVICE_HELP)
    add_pcm_arguments(parser)
    add_model_argument(parser)
    parser.add_argument("--force", action="store_true", help="take the place of what is stored under that name")
    parser.add_argument("--list", action="store_true", help="show who is enrolled")
    parser.add_argument("--delete", action="store_true", help="forget NAME")


def run(arguments: argparse.Namespace) -> int:
    """Enrol, list or delete. Raises ``NoInputError`` for less than ``MIN_S`` of speech; nothing is stored then."""
    _require_sense(arguments)
    speakers = Speakers()
    if arguments.list:
        _print_enrolled(speakers, arguments.model)
        return 0
    if arguments.name is None:
        raise UsageError("no name was given: expected 'emostream enrol NAME', or --list to see who is enrolled")
    name = speaker_name(arguments.name)
    if arguments.delete:
        speakers.delete(name)
        print(f"{name} is forgotten")
        return 0
    if name in speakers and not arguments.force:
        raise UsageError(f"{name} is enrolled already: choose another name, or give --force to listen anew")
    profile = _make_profile(name, arguments)
    if profile.seconds < MIN_S:
        raise NoInputError(
            f"heard {profile.seconds:.1f} s of speech, expected {MIN_S:.0f} s or more: nothing was stored; speak "
            "nearer to the microphone, or longer"
        )
    path = speakers.save(profile)
    print(f"{name}: {profile.seconds:.0f} s of speech heard and stored as numbers, without the sound, in {path}")
    print(f"use it with --speaker {_word(name)}")
    return 0


def _require_sense(arguments: argparse.Namespace) -> None:
    """Raise ``UsageError`` for options that do nothing beside others."""
    making = ("moods", "mood", "device", "force", *PCM_OPTIONS)
    if arguments.list:
        refuse_with(arguments, ("delete", *making), "--list")
        if arguments.name is not None:
            raise UsageError(f"found {arguments.name!r} beside --list, which shows everybody: leave one of them out")
    elif arguments.delete:
        refuse_with(arguments, making, "--delete")
        if arguments.recordings:
            raise UsageError("found recordings beside --delete, which forgets NAME: leave one of them out")
    elif not _from_stdin(arguments):
        refuse_without(arguments, PCM_OPTIONS, "-, which is standard input")


def _make_profile(name: str, arguments: argparse.Namespace) -> SpeakerProfile:
    _require_one_way(arguments)
    models, vad_model = assets.load_models(arguments.model), assets.load_vad_model()
    cards = [model.card for model in models]
    require_adaptation(cards)

    def stream_for(source: Source) -> EmotionStream:
        return EmotionStream(models, vad_model, source.sample_rate_hz)

    if arguments.mood or arguments.moods:
        return _make_profile_with_moods(name, arguments, cards, stream_for)
    if arguments.recordings and not _from_stdin(arguments):
        return profile_of_recordings(name, arguments.recordings, stream_for)
    return _profile_of_live_voice(name, _open_source(arguments), stream_for)


def _make_profile_with_moods(
    name: str, arguments: argparse.Namespace, cards: Sequence[ModelCard], stream_for: StreamFor
) -> SpeakerProfile:
    labels = moods_in_order(cards)
    neutral_only = cards_without_moods(cards)
    if neutral_only:
        print_line(f"{' and '.join(neutral_only)} will use the neutral part only: their cards have no means of moods")
    if arguments.mood:
        profile = profile_of_moods(name, recordings_by_mood(arguments.mood, labels), stream_for)
    else:
        profile = profile_of_acted_moods(name, labels, _open_source(arguments), stream_for)
    if neutral_only and NEUTRAL not in profile.seconds_of_moods():
        raise NoInputError(
            f"heard no {NEUTRAL} speech, and {' and '.join(neutral_only)} can use no other: nothing was stored; enrol "
            f"with {NEUTRAL} speech too"
        )
    return profile


def _require_one_way(arguments: argparse.Namespace) -> None:
    """Raise ``UsageError`` for options of which only one can be followed."""
    if arguments.mood and (arguments.moods or arguments.recordings):
        other = "--moods" if arguments.moods else "recordings without a mood"
        raise UsageError(f"found --mood and {other}: expected LABEL=FILE behind a --mood for each recording, alone")
    if arguments.moods and arguments.recordings and not _from_stdin(arguments):
        raise UsageError(
            "found recordings with --moods, which listens to the microphone: name each recording's mood with "
            "--mood LABEL=FILE"
        )
    if _from_stdin(arguments) and len(arguments.recordings) > 1:
        raise UsageError("found - among recordings: expected either raw PCM on standard input or sound files")


def _from_stdin(arguments: argparse.Namespace) -> bool:
    return Path(STDIN) in arguments.recordings


def _open_source(arguments: argparse.Namespace) -> Source:
    return open_source(STDIN if _from_stdin(arguments) else arguments.device, pcm_format(arguments))


def _profile_of_live_voice(name: str, source: Source, stream_for: StreamFor) -> SpeakerProfile:
    """The profile of ``TARGET_S`` seconds of speech, or of less after Ctrl-C."""
    stream = stream_for(source)
    with listening(source, TARGET_S) as shown:
        shown.print(PROMPT)
        for block in source.blocks():
            shown.show(stream.push(block), stream.predicted_speech_s, source.trouble)
            if stream.predicted_speech_s >= TARGET_S:
                source.close()
    stream.flush()
    return stream.profile(name)


def _word(name: str) -> str:
    """A name as it is typed."""
    return repr(name) if " " in name else name


def _print_enrolled(speakers: Speakers, models: list[Path] | None) -> None:
    """A row for each, and a line for those who were not heard by these models, or the shipped ones."""
    profiles = {}
    table = Table("name", "speech", "moods", "heard by", box=box.SIMPLE_HEAD)
    for name in speakers.names():
        try:
            profile = profiles[name] = speakers.load(name)
            model_names = ", ".join(f"{entry.model.name}/{entry.model.variant}" for entry in profile.models)
            moods = ", ".join(f"{label} {seconds:.0f} s" for label, seconds in profile.seconds_of_moods().items())
            table.add_row(name, f"{profile.seconds:.0f} s", moods, model_names)
        except EmostreamError as error:
            table.add_row(name, "", "", Text(str(error)))
    if table.row_count:
        print_table(table)
    else:
        print("nobody is enrolled: 'emostream enrol NAME' listens for 20 s of speech")
    if not profiles:
        return
    cards = [model.card for model in assets.load_models(models) if model.card.neutral_summary]
    how = " --moods" if any(card.label_summaries for card in cards) else ""
    for name, profile in profiles.items():
        if not {card.identity() for card in cards} <= {entry.model for entry in profile.models}:
            print(f"{name} was heard by other models: 'emostream enrol {_word(name)}{how} --force' enrols anew")
