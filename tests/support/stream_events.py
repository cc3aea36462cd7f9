"""Events of a small made-up stream, for what is shown and sent rather than how it came about."""

from collections.abc import Sequence

from emostream.events import Estimate, Gap, Hello, ModelBrief, Utterance, VoiceMeasures

LABELS = ("angry", "happy", "neutral", "sad")
STEP_MS = 250
PATIENT_STEP_MS = 100_000
VOICE = VoiceMeasures(pitch_hz=150.3, pitch_range_semitones=5.3, loudness_dbfs=-18.2, syllables_per_s=3.5, arousal=0.62)


def hello(labels: Sequence[str] = LABELS, seq: int = 0, step_ms: int = STEP_MS) -> Hello:
    """With ``step_ms`` ``PATIENT_STEP_MS`` a widget shows an estimate until the next, however slow the machine is."""
    models = tuple(ModelBrief(name=name, variant="tiny", version="1", licence="MIT") for name in ("first", "second"))
    return Hello(
        seq=seq,
        stream="live",
        t_start_ms=0,
        t_end_ms=0,
        labels=tuple(labels),
        window_ms=3000,
        step_ms=step_ms,
        models=models,
        source="test microphone",
    )


def estimate(
    seq: int, label: str | None = "happy", *, speech: bool = True, labels: Sequence[str] = LABELS, top: float = 0.7
) -> Estimate:
    """The estimate ``seq`` steps into the stream; with ``label`` None it abstains, and the last label is likeliest."""
    likeliest = label or labels[-1]
    p = {name: top if name == likeliest else (1 - top) / (len(labels) - 1) for name in labels}
    return Estimate(
        seq=seq,
        stream="live",
        t_start_ms=max(0, seq * STEP_MS - 3000),
        t_end_ms=seq * STEP_MS,
        p=p if speech else {},
        label=label if speech else None,
        confidence=top if speech else 0.0,
        agreement=0.9,
        speech=speech,
        level_dbfs=-25.0 if speech else -62.0,
    )


def utterance(seq: int, label: str | None = "happy", voice: VoiceMeasures | None = None) -> Utterance:
    t_end_ms = seq * STEP_MS
    return Utterance(
        seq=seq,
        stream="live",
        t_start_ms=max(0, t_end_ms - 2000),
        t_end_ms=t_end_ms,
        p={label: 1.0} if label else {},
        label=label,
        confidence=0.7,
        voice=voice,
    )


def gap(seq: int, lost_ms: float = 400.0) -> Gap:
    t_start_ms = seq * STEP_MS
    return Gap(seq=seq, stream="live", t_start_ms=t_start_ms, t_end_ms=t_start_ms + int(lost_ms), lost_ms=lost_ms)
