"""Write docs/images/widget*.png: the widget in a real browser, fed with the events of a stream, in all its looks.

    python docs/make_widget_screenshot.py [EVENTS.jsonl [UNTIL_S]]

EVENTS.jsonl is what ``emostream file CLIP --format jsonl`` prints, or a recorded live session; UNTIL_S stops in the
middle of it. Without it the pictures show ``scripted_feed``, which is made up and says so in the source's place.
"""

import itertools
import math
import random
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import msgspec
from playwright.sync_api import Browser, expect

sys.path.insert(0, str(Path(__file__).parent.parent))

from emostream.events import Estimate, Event, Gap, Hello, ModelBrief, Utterance, decode
from emostream.pause import PauseSwitch
from emostream.server.config import ServerConfig
from emostream.server.server import Server
from tests.support.backgrounds import BACKGROUNDS
from tests.support.chromium import chromium

IMAGES = Path(__file__).parent / "images"
SETTLE_MS = 1200  # the longest transition of the widget
# What lies behind the overlay, in place of somebody's game or camera.
PICTURE = "linear-gradient(160deg, #6d8fb3, #c9a27e 55%, #58483f) no-repeat"

STEP_MS, WINDOW_MS = 250, 3000
BASE = {"angry": 0.07, "happy": 0.06, "neutral": 0.14, "sad": 0.04}
UNSURE, SILENCE = "unsure", "silence"
# A scripted feed, not a measurement: what the made-up voice carries, and for how many steps.
SCRIPT = (
    *(("neutral", 20), (SILENCE, 6), ("neutral", 30), (SILENCE, 8), ("sad", 24), (SILENCE, 4), (UNSURE, 18)),
    *((SILENCE, 10), ("angry", 32), (SILENCE, 6), ("neutral", 22), (SILENCE, 8), ("happy", 26), (SILENCE, 5)),
    ("happy", 36),
)
GAP_AFTER_STEP, GAP_MS = 160, 500


def scripted_feed() -> Iterator[Event]:
    """A made-up minute of speech."""
    rng = random.Random(7)
    number = itertools.count(1)
    p = dict.fromkeys(BASE, 0.25)
    now_ms = steps = 0

    def place(start_ms: int, end_ms: int) -> dict[str, Any]:
        return {"seq": next(number), "stream": "scripted", "t_start_ms": start_ms, "t_end_ms": end_ms}

    yield Hello(
        seq=0,
        stream="scripted",
        t_start_ms=0,
        t_end_ms=0,
        labels=tuple(BASE),
        window_ms=WINDOW_MS,
        step_ms=STEP_MS,
        models=tuple(
            ModelBrief(name=name, variant="scripted", version="0", licence="none") for name in ("whisper", "mel_cnn2d")
        ),
        source="scripted feed",
    )
    for mood, length in SCRIPT:
        began_ms, speech = now_ms, mood != SILENCE
        aim = {label: base + 0.2 if mood == UNSURE else 0.75 if label == mood else base for label, base in BASE.items()}
        for step in range(length):
            now_ms += STEP_MS
            if speech:
                mixed = {label: 0.8 * p[label] + 0.2 * aim[label] * rng.uniform(0.8, 1.2) for label in BASE}
                p = {label: round(value / sum(mixed.values()), 4) for label, value in mixed.items()}
            top = max(p, key=p.__getitem__)
            loudness_dbfs = -36 + 8 * abs(math.sin(step / 3)) + 12 * rng.random()
            yield Estimate(
                p=p,
                label=top if speech and p[top] > 0.42 else None,
                confidence=p[top],
                agreement=round(rng.uniform(0.84, 0.9), 2),
                speech=speech,
                level_dbfs=round(loudness_dbfs if speech else rng.uniform(-64, -58), 1),
                latency_ms=round(rng.uniform(17, 26), 1),
                **place(max(0, now_ms - WINDOW_MS), now_ms),
            )
            steps += 1
            if steps == GAP_AFTER_STEP:
                yield Gap(lost_ms=GAP_MS, **place(now_ms, now_ms + GAP_MS))
                now_ms += GAP_MS
        if speech:
            verdict = None if mood == UNSURE else mood
            yield Utterance(p=p, label=verdict, confidence=max(p.values()), **place(began_ms, now_ms))


def recorded_feed(path: Path, until_s: float) -> Iterator[Event]:
    """The events in a JSONL file up to ``until_s`` on the stream's clock."""
    with path.open("rb") as lines:
        events = map(decode, filter(bytes.strip, lines))
        yield from itertools.takewhile(lambda event: event.t_end_ms <= until_s * 1000, events)


@dataclass(frozen=True)
class View:
    """One picture: whose eyes, how large a window, what the page is asked for, and a script that changes it before."""

    name: str
    scheme: Literal["light", "dark"] = "light"
    width_px: int = 860
    height_px: int = 900
    query: str = ""
    background: str = ""
    script: str = ""
    forced_colours: bool = False
    pixels: int = 2  # of the picture for one of the page
    shows: Literal["element", "window", "page"] = "element"


BEHIND = "picture => { document.documentElement.style.cssText = `background: ${picture}; min-height: 100vh` }"
# A page in Hebrew with words of its own.
RIGHT_TO_LEFT = """() => {
  Object.assign(document.documentElement, { dir: "rtl", lang: "he" });
  document.querySelector("header p").textContent = "הרגש שבקול, נקרא חי בשרת הזה. שום צליל אינו נשמר.";
  document.querySelector("#live").texts = {
    reading: "קול נקרא", labels: { angry: "כועס", happy: "שמח", neutral: "ניטרלי", sad: "עצוב" },
    likely: "הסתברות *{p}*", agreement: "הסכמה בין הרשתות *{p}*", notSure: "לא בטוח", level: "עוצמה",
    seconds: "{n} שנ׳", ago: "לפני {s}", now: "עכשיו", connected: "מחובר", gap: "{s} אבדו",
    lost: "{s} של שמע אבדו", closest: "הכי קרוב {label}, {p}",
    lastVoice: "אחרון: {measures}", arousal: "עוררות {n}", hertz: "{n} הרץ", syllables: "{n} הברות/שנ׳", silence: "שקט",
  };
}"""
# The same badge over plain colours and over a frame of a video.
BADGES = """backgrounds => {
  const badge = document.querySelector("#live");
  document.body.style.cssText = "display: grid; grid-template-columns: 1fr 1fr; gap: 0; padding: 0";
  for (const background of backgrounds) {
    const place = document.createElement("div");
    place.style.cssText = `display: grid; place-items: center; height: 190px; background: ${background}`;
    const copy = badge.cloneNode();
    copy.removeAttribute("id");
    place.append(copy);
    document.body.append(place);
  }
  document.querySelector("main").hidden = true;
}"""

VIEWS = (
    View("widget.png"),
    View("widget-dark.png", "dark"),
    View("widget-transparent.png", "dark", query="?theme=transparent", background=PICTURE),
    View("widget-narrow.png", width_px=400),
    View("widget-page.png", pixels=1, shows="page"),
    View("widget-bar.png", width_px=1280, height_px=170, query="?layout=bar", background=PICTURE, shows="window"),
    View(
        "widget-badge.png",
        width_px=480,
        height_px=300,
        query="?layout=badge&scale=1.5",
        background=PICTURE,
        shows="window",
    ),
    View("widget-badges.png", height_px=380, query="?layout=badge", script=BADGES, pixels=1, shows="window"),
    View("widget-right-to-left.png", script=RIGHT_TO_LEFT),
    View("widget-forced-light.png", forced_colours=True),
    View("widget-forced-dark.png", "dark", forced_colours=True),
    View(
        "widget-forced-badge.png",
        "dark",
        width_px=480,
        height_px=300,
        query="?layout=badge",
        forced_colours=True,
        shows="window",
    ),
    View(
        "widget-2560.png",
        width_px=2560,
        pixels=1,
        height_px=620,
        query="?theme=transparent",
        background=PICTURE,
        shows="window",
    ),
)


def photograph(browser: Browser, events: Iterable[Event], view: View) -> None:
    """Show ``events`` to a browser as its page on the server's own microphone, and save what is seen after the last."""
    sink = Server(ServerConfig(port=0), switch=PauseSwitch())  # as of a microphone: its page has a button for pauses
    page = browser.new_page(
        viewport={"width": view.width_px, "height": view.height_px},
        device_scale_factor=view.pixels,
        color_scheme=view.scheme,
        forced_colors="active" if view.forced_colours else "none",
        bypass_csp=True,  # for the backgrounds, which are no files of the server
    )
    try:
        with page.expect_websocket() as opened:
            page.goto(sink.address + view.query)
        if view.background:
            page.evaluate(BEHIND, view.background)
        if view.script:
            page.evaluate(view.script, list(BACKGROUNDS.values()))
        widget = page.locator("#live")
        expect(widget.locator("#state")).not_to_have_text("connecting")
        for event in events:
            # One after the other: an estimate that is still unsent would give way to the next.
            with opened.value.expect_event("framereceived"):
                sink.emit(msgspec.structs.replace(event, stream="live"))
        page.wait_for_timeout(SETTLE_MS)
        target = IMAGES / view.name
        if view.shows == "element":
            box = widget.bounding_box()
            assert box is not None
            height = box["y"] + box["height"] + box["x"]
            page.screenshot(path=target, clip={"x": 0, "y": 0, "width": view.width_px, "height": height})
        else:
            page.screenshot(path=target, full_page=view.shows == "page")
        print(target)
    finally:
        page.close()
        sink.close()


def main() -> None:
    with chromium() as browser:
        for view in VIEWS:
            match sys.argv[1:]:
                case [path, *until]:
                    events = recorded_feed(Path(path), float(until[0]) if until else math.inf)
                case _:
                    events = scripted_feed()
            photograph(browser, events, view)


if __name__ == "__main__":
    main()
