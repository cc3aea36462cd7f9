"""Write docs/images/widget.png and widget-dark.png: the widget in a real browser, fed with the events of a stream.

    python docs/make_widget_screenshot.py [EVENTS.jsonl]

EVENTS.jsonl is what ``emostream file CLIP --format jsonl`` prints, or a recorded live session. Without it the pictures show
``scripted_feed``, which is made up and says so where the source's name stands.
"""

import math
import random
import sys
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from playwright.sync_api import expect

from streamer.events import Estimate, Event, Gap, Hello, ModelBrief, Utterance, decode
from streamer.sinks.websocket import WebSocketSink
from tests.chromium import chromium

IMAGES = Path(__file__).parent / "images"
PACE_S = 0.01  # quick, yet slow enough that no estimate gives way to the next before it is sent
WIDTH_PX, MARGIN_PX = 860, 40
STEP_MS = 250
LABELS = ("angry", "happy", "neutral", "sad")
LEANING = {"angry": 0.07, "happy": 0.06, "neutral": 0.14, "sad": 0.04}

# A scripted feed, not a measurement: (seconds, label that is meant or None for unsure or "" for silence).
SCRIPT = (
    (5.0, "neutral"), (1.5, ""), (7.5, "neutral"), (2.0, ""), (6.0, "sad"), (1.0, ""), (4.5, None), (2.5, ""),
    (8.0, "angry"), (1.5, ""), (5.5, "neutral"), (2.0, ""), (6.5, "happy"), (1.25, ""), (9.0, "happy"),
)  # fmt: skip
GAP_AT_S, GAP_MS = 24.0, 500


def scripted_feed() -> Iterator[Event]:
    """A made-up minute of speech."""
    rng = random.Random(7)
    models = tuple(ModelBrief(name=name, variant="scripted", version="0", licence="-") for name in ("mfcc_cnn1d", "mel_cnn2d"))
    seq, now_ms, p = 0, 0, dict.fromkeys(LABELS, 0.25)

    def span(start_ms: int, end_ms: int) -> dict[str, object]:
        nonlocal seq
        seq += 1
        return {"seq": seq, "stream": "scripted", "t_start_ms": start_ms, "t_end_ms": end_ms}

    yield Hello(
        seq=0, stream="scripted", t_start_ms=0, t_end_ms=0, labels=LABELS, window_ms=3000, step_ms=STEP_MS, models=models,
        source="scripted feed",
    )  # fmt: skip
    for index, (seconds, meant) in enumerate(SCRIPT):
        start_ms, speech = now_ms, meant != ""
        for step in range(int(seconds * 1000 / STEP_MS)):
            now_ms += STEP_MS
            aim = {label: 0.72 if label == meant else LEANING[label] if meant else 0.2 + LEANING[label] for label in LABELS}
            p = {label: 0.8 * p[label] + 0.2 * aim[label] * rng.uniform(0.75, 1.25) for label in LABELS} if speech else p
            p = {label: round(value / sum(p.values()), 4) for label, value in p.items()}
            top = max(p, key=p.__getitem__)
            phrase = 0.5 - 0.5 * math.cos(2 * math.pi * min(step / 12, 1 - 0.5 * (step % 7) / 7))
            level = -38 + 14 * phrase + 10 * rng.random() + (4 if meant == "angry" else 0) if speech else rng.uniform(-64, -58)
            yield Estimate(
                p=p, label=top if speech and p[top] > 0.42 else None, confidence=p[top], agreement=round(rng.uniform(0.84, 0.9), 2),
                speech=speech, level_dbfs=round(level, 1), latency_ms=round(rng.uniform(17, 26), 1), **span(now_ms - 3000, now_ms),
            )  # fmt: skip
            if now_ms == GAP_AT_S * 1000:
                yield Gap(lost_ms=GAP_MS, **span(now_ms, now_ms + GAP_MS))
                now_ms += GAP_MS
        if speech and index < len(SCRIPT) - 1:
            yield Utterance(p=p, label=meant, confidence=0.7, **span(start_ms, now_ms))


def recorded_feed(path: Path) -> Iterator[Event]:
    with path.open("rb") as lines:
        yield from (decode(line) for line in lines if line.strip())


def photograph(events: Iterable[Event], scheme: str, target: Path) -> None:
    """Show ``events`` to a browser whose user prefers the colour ``scheme``, and save what it shows after the last."""
    sink = WebSocketSink(port=0)
    try:
        with chromium() as browser:
            page = browser.new_page(viewport={"width": WIDTH_PX, "height": 900}, device_scale_factor=2, color_scheme=scheme)
            page.goto(f"http://127.0.0.1:{sink.port}/")
            expect(page.locator("emo-stream #state")).to_have_text("connected")
            for event in events:
                sink.emit(event)
                time.sleep(PACE_S)
            if sink.dropped_events:
                raise SystemExit(f"the browser missed {sink.dropped_events} events: raise PACE_S, or close other programs")
            page.wait_for_timeout(1200)  # transitions
            box = page.locator("emo-stream").bounding_box()
            assert box is not None
            clip = {"x": 0, "y": 0, "width": WIDTH_PX, "height": box["y"] + box["height"] + MARGIN_PX}
            page.screenshot(path=target, clip=clip)
    finally:
        sink.close()


def main() -> None:
    for scheme, name in (("light", "widget.png"), ("dark", "widget-dark.png")):
        events = recorded_feed(Path(sys.argv[1])) if len(sys.argv) > 1 else scripted_feed()
        photograph(events, scheme, IMAGES / name)
        print(IMAGES / name)


if __name__ == "__main__":
    main()
