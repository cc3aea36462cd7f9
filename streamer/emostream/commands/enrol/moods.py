"""Enrolment by moods: a sentence or a recording of each label, which tells more of a voice than much neutral speech."""

from collections.abc import Callable, Sequence
from pathlib import Path

from emostream.commands.enrol.voice import ShownSpeech, StreamFor, listening, profile_of_recordings
from emostream.commands.keys import pressed_keys
from emostream.errors import NoInputError, UsageError
from emostream.inference.card import ModelCard
from emostream.inference.profile import NEUTRAL, SpeakerProfile, profile_with_moods
from emostream.pipeline.enrolment import MIN_S, TARGET_S, EndedMood, MoodEnrolment, Outcome
from emostream.sources import Source

# {label: (how to say it, what to say)}; about five seconds each.
SENTENCES = {
    "neutral": (
        "as you usually speak",
        "The shop on the corner opens at nine, and after breakfast I will walk there and buy bread.",
    ),
    "angry": (
        "angrily",
        "I have told you three times already! Why do you never listen to a single word that I say?",
    ),
    "happy": (
        "happily",
        "They said yes! We are leaving tomorrow morning, and I can hardly believe that it is true!",
    ),
    "sad": (
        "sadly",
        "She did not come back, and now the house is so quiet in the evening that I cannot sleep.",
    ),
    "fearful": ("fearfully", "Did you hear that? There is somebody at the door, please do not leave me alone!"),
    "disgust": ("with disgust", "What is that smell? It is rotten, take it away, I cannot even look at it."),
    "surprised": ("surprised", "What, you are here already? I did not expect you before tomorrow evening!"),
}
KEYS = "Keys: s skips a mood, r says the last one again, Ctrl-C ends."


def moods_in_order(cards: Sequence[ModelCard]) -> list[str]:
    """The models' labels, neutral first."""
    return sorted(cards[0].labels, key=lambda label: label != NEUTRAL)


def cards_without_moods(cards: Sequence[ModelCard]) -> list[str]:
    """The names of those models that take a speaker into account and know no moods of the training speakers.

    They compare neutral speech alone. Raises ``UsageError`` where there is no neutral label for it.
    """
    names = [f"{card.name}/{card.variant}" for card in cards if card.neutral_summary and not card.label_summaries]
    if names and NEUTRAL not in cards[0].labels:
        raise UsageError(
            f"{' and '.join(names)} cannot compare moods: their cards have no label_summaries, and none of their "
            f"labels ({', '.join(cards[0].labels)}) is {NEUTRAL}; enrol without moods"
        )
    return names


def recordings_by_mood(texts: Sequence[str], labels: Sequence[str]) -> dict[str, list[Path]]:
    """{label: its recordings} of texts such as ``angry=a.wav``, the labels in their order. Raises ``UsageError``."""
    found: dict[str, list[Path]] = {}
    for text in texts:
        label, _, path = text.partition("=")
        if not path or label not in labels:
            raise UsageError(f"found --mood {text}, expected LABEL=FILE with one of the labels {', '.join(labels)}")
        found.setdefault(label, []).append(Path(path))
    return {label: found[label] for label in labels if label in found}


def profile_of_moods(name: str, recordings: dict[str, list[Path]], stream_for: StreamFor) -> SpeakerProfile:
    """The profile of each mood's recordings. Raises ``NoInputError`` for a mood with less than ``MIN_S`` of speech."""
    by_label = {label: profile_of_recordings(name, paths, stream_for) for label, paths in recordings.items()}
    for label, profile in by_label.items():
        if profile.seconds < MIN_S:
            raise NoInputError(
                f"heard {profile.seconds:.1f} s of speech in what is {label}, expected {MIN_S:.0f} s or more: nothing "
                "was stored; name longer recordings"
            )
    return profile_with_moods(by_label)


def profile_of_acted_moods(name: str, labels: Sequence[str], source: Source, stream_for: StreamFor) -> SpeakerProfile:
    """The profile of a person who is asked for each mood in turn, or of those moods that came before Ctrl-C."""
    enrolment = MoodEnrolment(name, labels, stream_for(source))
    with listening(source, TARGET_S) as shown, pressed_keys() as pressed:
        if pressed:
            shown.print(KEYS)
        _ask(shown, enrolment, labels)
        for block in source.blocks():
            events = enrolment.push(block)
            shown.show(events, enrolment.speech_s, source.trouble)
            ended = enrolment.end_mood()
            if ended:
                shown.print(_outcome(ended))
            if ended or (pressed and _obey(pressed, enrolment)):
                _ask(shown, enrolment, labels)
            if enrolment.label is None:
                source.close()
                break
        last = enrolment.end_mood(audio_ended=True)
        if last:
            shown.print(_outcome(last))
    return enrolment.profile()


def _obey(pressed: Callable[[], str], enrolment: MoodEnrolment) -> bool:
    """Do what the keys say; gives whether they changed the mood that is asked for."""
    keys = [key for key in pressed() if key in "sr"]
    for key in keys:
        if key == "s":
            enrolment.skip()
        else:
            enrolment.redo()
    return bool(keys)


def _ask(shown: ShownSpeech, enrolment: MoodEnrolment, labels: Sequence[str]) -> None:
    label = enrolment.label
    if label is None:
        return
    how, sentence = SENTENCES.get(label, (f"so that it sounds {label}", "any sentence of some five seconds"))
    shown.print(f"{labels.index(label) + 1} of {len(labels)}, {how}: {sentence}")


def _outcome(ended: EndedMood) -> str:
    heard = f"heard {ended.seconds:.1f} s"
    if ended.outcome is Outcome.KEPT:
        return heard
    if ended.outcome is Outcome.ASKED_AGAIN:
        return f"{heard} of speech, expected {MIN_S:.0f} s or more: once more, louder or nearer to the microphone"
    return f"{heard} of speech: {ended.label} is left out"
