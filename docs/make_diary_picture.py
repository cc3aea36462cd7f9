"""Draws ``docs/images/diary.png``: the diary of a made-up day, as ``emostream report --out diary.html`` writes it.

python docs/make_diary_picture.py
"""

import random
import sys
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from emostream.diaries.builder import DiaryBuilder
from emostream.diaries.html import html
from emostream.events import PAUSED, Gap, Health, Hello, Utterance, VoiceMeasures
from tests.support.chromium import chromium

PICTURE = Path(__file__).parent / "images" / "diary.png"
BEGIN = datetime(2026, 11, 27, 8, 30, tzinfo=UTC)
LABELS = ("angry", "happy", "neutral", "sad")
# How loud, high and excited each is spoken on the mean.
MANNERS = {
    "angry": (-16, 210, 0.85),
    "happy": (-19, 190, 0.7),
    "neutral": (-24, 125, 0.3),
    "sad": (-29, 115, 0.15),
    None: (-24, 140, 0.4),
}
# By the hour from 8 on, how often somebody speaks, and who of the labels then.
DAY = (
    (0.2, "nnnh"),
    (0.6, "nnnnh"),
    (0.9, "nnnhha"),
    (0.4, "nna"),
    (0.1, "n"),
    (0.5, "hhn"),
    (0.8, "nnaas"),
    (0.3, "nns"),
)
LUNCH = 4
HOUR_MS = 3_600_000


def main() -> None:
    """Write the diary and take its picture."""
    builder, rng = DiaryBuilder(UTC), random.Random(0)
    builder.push(
        Hello(
            seq=0,
            stream="live",
            t_start_ms=0,
            t_end_ms=0,
            labels=LABELS,
            window_ms=3000,
            step_ms=250,
            models=(),
            source="Built-in microphone",
            speaker="Ada",
        ),
        0,
    )
    ms = 0
    while ms < len(DAY) * HOUR_MS:
        share, drawn = DAY[ms // HOUR_MS]
        if ms // HOUR_MS == LUNCH:
            end = (LUNCH + 1) * HOUR_MS
            gap = Gap(seq=0, stream="live", t_start_ms=ms, t_end_ms=end, lost_ms=0, reason=PAUSED, ts=_at(end))
            builder.push(gap, 0)
            ms = end
            continue
        length = rng.randint(900, 7000)
        ms += round(length / share * rng.uniform(0.5, 1.5))
        builder.push(
            Health(
                seq=0,
                stream="live",
                t_start_ms=ms,
                t_end_ms=ms,
                ts=_at(ms),
                source="",
                source_ok=True,
                lost_ms=0,
                lag_ms=0,
            ),
            0,
        )
        initial = rng.choice(drawn) if rng.random() < 0.8 else None
        label = next((name for name in LABELS if name[0] == initial), None)
        loudness, pitch, arousal = MANNERS[label]
        voice = VoiceMeasures(
            pitch_hz=rng.gauss(pitch, 15),
            pitch_range_semitones=5,
            loudness_dbfs=rng.gauss(loudness, 3),
            syllables_per_s=rng.gauss(4, 0.5),
            arousal=min(1.0, max(0.0, rng.gauss(arousal, 0.1))),
        )
        builder.push(
            Utterance(
                seq=0,
                stream="live",
                t_start_ms=ms - length,
                t_end_ms=ms,
                ts=_at(ms),
                p={"neutral": 1.0},
                label=label,
                confidence=0.7,
                voice=voice,
            ),
            0,
        )
    with tempfile.TemporaryDirectory() as folder, chromium() as browser:
        page = browser.new_page(viewport={"width": 1000, "height": 960}, device_scale_factor=1.5)
        path = Path(folder) / "diary.html"
        path.write_text(html(builder.diary()), encoding="utf-8")
        page.goto(path.as_uri())
        page.screenshot(path=PICTURE, full_page=True)


def _at(ms: int) -> str:
    return (BEGIN + timedelta(milliseconds=ms)).isoformat()


if __name__ == "__main__":
    main()
