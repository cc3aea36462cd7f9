"""How a result is said. Without a label its probability is not that of being unsure, so the label it is of is named."""

from collections.abc import Collection, Mapping

from emostream.events import VoiceMeasures

UNSURE = "unsure"
# Of an utterance without probabilities: too little speech to judge, or the end is not known.
TOO_SHORT = "too short"
NOT_ENDED = "not ended"


def closest(p: Mapping[str, float]) -> str:
    """The likeliest label of probabilities by label, and its probability; empty where there are none.

    >>> closest({"angry": 0.35, "sad": 0.42})
    'closest is sad, 42%'
    """
    if not p:
        return ""
    label = max(p, key=p.__getitem__)
    return f"closest is {label}, {p[label]:.0%}"


def voice_words(voice: VoiceMeasures | None) -> str:
    """How an utterance was spoken, in a few words; empty where that was not measured.

    >>> measured = VoiceMeasures(pitch_hz=150.3, pitch_range_semitones=5, loudness_dbfs=-18.2, syllables_per_s=3.5)
    >>> voice_words(measured), voice_words(None)
    ('150 Hz · −18 dBFS · 3.5 syll./s', '')
    """
    if voice is None:
        return ""
    loudness = f"{voice.loudness_dbfs:.0f}".replace("-", "−")
    words = [f"{voice.pitch_hz:.0f} Hz", f"{loudness} dBFS", f"{voice.syllables_per_s:.1f} syll./s"]
    return " · ".join([*([] if voice.arousal is None else [f"arousal {voice.arousal:.2f}"]), *words])


def pause_words(paused_by: Collection[str]) -> str:
    """What keeps a stream paused, in a few words; ``paused_by`` is that of ``Health``.

    >>> pause_words(("person",)), pause_words(("schedule",)), pause_words(("person", "schedule"))
    ('by hand', 'quiet hours', 'by hand, and quiet hours')
    """
    reasons = {"person": "by hand", "schedule": "quiet hours"}
    return ", and ".join(reasons.get(holder, holder) for holder in paused_by)


def verdict(label: str | None, p: Mapping[str, float]) -> str:
    """A label with its probability, or else what comes closest.

    >>> verdict("sad", {"angry": 0.2, "sad": 0.8}), verdict(None, {"angry": 0.35, "sad": 0.42}), verdict(None, {})
    ('sad 80%', 'unsure (closest is sad, 42%)', 'no speech')
    """
    if not p:
        return "no speech"
    return f"{label} {p[label]:.0%}" if label else f"{UNSURE} ({closest(p)})"
