"""``emostream enrol``: store a speaker's profile, numbers without sound, from the microphone or from recordings."""

import argparse
import signal
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from rich import box
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn
from rich.table import Table
from rich.text import Text

from emostream import assets
from emostream.commands.microphone_options import DEVICE_HELP
from emostream.commands.pcm_options import add_pcm_arguments, pcm_format
from emostream.commands.settings import Settings
from emostream.commands.stderr import c_library_messages_hidden
from emostream.commands.stdout import print_table
from emostream.commands.stream_options import add_model_argument
from emostream.errors import EmostreamError, NoInputError, UsageError
from emostream.events import Estimate
from emostream.inference.profile import SpeakerProfile, mean_profile
from emostream.inference.speaker import require_adaptation
from emostream.pipeline.stream import EmotionStream
from emostream.profiles import Speakers, speaker_name
from emostream.sinks.drawing import bar
from emostream.sources import Source
from emostream.sources.file import FileSource, find_audio
from emostream.sources.opening import STDIN, open_source

TARGET_S, MIN_S = 20.0, 5.0
FILE_BLOCK_S = 5.0
QUIET_DBFS = -60.0
LEVEL_CELLS = 10
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
    settings.add_option(parser, "--device", help=DEVICE_HELP)
    add_pcm_arguments(parser)
    add_model_argument(parser)
    parser.add_argument("--force", action="store_true", help="take the place of what is stored under that name")
    parser.add_argument("--list", action="store_true", help="show who is enrolled")
    parser.add_argument("--delete", action="store_true", help="forget NAME")


def run(arguments: argparse.Namespace) -> int:
    """Enrol, list or delete. Raises ``NoInputError`` for less than ``MIN_S`` of speech; nothing is stored then."""
    speakers = Speakers()
    if arguments.list:
        _print_enrolled(speakers)
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
    print(f"use it with --speaker {name!r}" if " " in name else f"use it with --speaker {name}")
    return 0


def _make_profile(name: str, arguments: argparse.Namespace) -> SpeakerProfile:
    models, vad_model = assets.load_models(arguments.model), assets.load_vad_model()
    require_adaptation([model.card for model in models])

    def stream_for(source: Source) -> EmotionStream:
        return EmotionStream(models, vad_model, source.sample_rate_hz)

    from_stdin = Path(STDIN) in arguments.recordings
    if from_stdin and len(arguments.recordings) > 1:
        raise UsageError("found - among recordings: expected either raw PCM on standard input or sound files")
    if arguments.recordings and not from_stdin:
        return mean_profile(
            [_profile_of_recording(name, path, stream_for) for path in find_audio(arguments.recordings)]
        )
    device = STDIN if from_stdin else arguments.device
    return _profile_of_live_voice(name, open_source(device, pcm_format(arguments)), stream_for)


def _profile_of_recording(
    name: str, path: Path | NoInputError, stream_for: Callable[[Source], EmotionStream]
) -> SpeakerProfile:
    if isinstance(path, NoInputError):
        raise path
    source = FileSource(path, block_s=FILE_BLOCK_S)
    stream = stream_for(source)
    for block in source.blocks():
        stream.push(block)
    stream.flush()
    if source.trouble:
        raise NoInputError(source.trouble)
    return stream.profile(name)


def _profile_of_live_voice(name: str, source: Source, stream_for: Callable[[Source], EmotionStream]) -> SpeakerProfile:
    """The profile of ``TARGET_S`` seconds of speech, or of less after Ctrl-C."""
    stream = stream_for(source)
    for signal_number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(signal_number, lambda *_: source.close())
    with c_library_messages_hidden(), closing(source), _progress() as progress:
        progress.console.print(PROMPT, highlight=False)
        task = progress.add_task("", total=TARGET_S, level="", trouble="")
        for block in source.blocks():
            for event in stream.push(block):
                if isinstance(event, Estimate):
                    level = bar(1 - event.level_dbfs / QUIET_DBFS, LEVEL_CELLS)
                    progress.update(task, level="".join(level))
            speech_s = min(stream.predicted_speech_s, TARGET_S)
            progress.update(task, completed=speech_s, trouble=source.trouble or "")
            if speech_s >= TARGET_S:
                source.close()
    stream.flush()
    return stream.profile(name)


def _progress() -> Progress:
    """One line on standard error: seconds of speech, the level now, and the source's trouble if there is any."""
    return Progress(
        BarColumn(bar_width=20),
        TextColumn("{task.completed:.0f} of {task.total:.0f} s of speech", markup=False),
        TextColumn("level {task.fields[level]}", markup=False),
        TextColumn("{task.fields[trouble]}", style="bold", markup=False),
        console=Console(stderr=True),
    )


def _print_enrolled(speakers: Speakers) -> None:
    table = Table("name", "speech", "heard by", box=box.SIMPLE_HEAD)
    for name in speakers.names():
        try:
            profile = speakers.load(name)
            model_names = ", ".join(f"{entry.model.name}/{entry.model.variant}" for entry in profile.models)
            table.add_row(name, f"{profile.seconds:.0f} s", model_names)
        except EmostreamError as error:
            table.add_row(name, "", Text(str(error)))
    if table.row_count:
        print_table(table)
    else:
        print("nobody is enrolled: 'emostream enrol NAME' listens for 20 s of speech")
