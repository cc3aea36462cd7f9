"""The widget's microphone in a real Chromium that hears a recording: it is read as ``emostream file`` reads it."""

import re
from pathlib import Path

import numpy as np
import pytest
import soundfile
from playwright.sync_api import BrowserContext, Locator, Page, expect
from scipy.signal import correlate

from emostream.audio import Samples
from emostream.events import Estimate, Gap, Health, Hello, Summary
from emostream.server.config import Limits
from tests.support.foreign_page import foreign_page
from tests.support.processes import Running, file_events
from tests.support.serving import serve
from tests.support.stream_events import hello
from tests.support.streams import Parts
from tests.support.widget_page import part as widget_part
from tests.support.wire import RATE_HZ, Wire

ADDRESS = re.compile(r"http://127\.0\.0\.1:\d+/")
PATIENCE_MS = 60_000
BLOCK = RATE_HZ // 4
# Each estimate with the words that the widget shows for it: they stand once the event has been dealt with.
REMEMBER = """element => {
  window.shown = [];
  const label = element.shadowRoot.getElementById("label");
  element.addEventListener("emostream", ({ detail }) => {
    if (detail.type === "estimate") queueMicrotask(() => window.shown.push([detail, label.textContent]));
  });
}"""


def element(page: Page) -> Locator:
    return page.locator("#microphone")


def part(page: Page, name: str) -> Locator:
    return widget_part(page, name, "#microphone")


def press(page: Page, name: str) -> None:
    element(page).get_by_role("button", name=name, exact=True).click()


def wait_until(page: Page, wire: Wire, condition: object) -> None:
    for _ in range(PATIENCE_MS // 50):
        if condition(wire):  # type: ignore[operator]
            return
        page.wait_for_timeout(50)
    raise AssertionError(("it did not come about", wire.said, wire.events[-3:]))


def share_of_recording(sent: Samples, played: Samples) -> float:
    """How many of the blocks that hold sound are, sample for sample, a stretch of the recording.

    The browser's microphone is a timer of its own: where the machine is busy it plays a buffer of 10 ms twice or leaves
    one out, so a block may have a seam; what the page did wrong would be in every block.
    """
    blocks = [sent[start : start + BLOCK] for start in range(0, len(sent) - BLOCK + 1, BLOCK)]
    with_sound = [block for block in blocks if np.sqrt(np.mean(block**2)) > 0.003]
    assert len(with_sound) >= 16
    return float(np.mean([_similarity(block, played) > 0.999 for block in with_sound]))


def _similarity(block: Samples, played: Samples) -> float:
    """The block's correlation with the stretch of the recording that is most like it."""
    over_and_over = np.concatenate((np.zeros(BLOCK, np.float32), played, played[:BLOCK]))
    energies = correlate(over_and_over**2, np.ones_like(block), mode="valid")
    likeness = correlate(over_and_over, block, mode="valid") / np.sqrt(np.maximum(energies, 1e-3))
    began = int(np.argmax(likeness))
    return float(np.corrcoef(over_and_over[began : began + BLOCK], block)[0, 1])


def test_it_is_read_as_the_file_is(
    context: BrowserContext, clip: Path, tmp_path: Path, model_arguments: list[str]
) -> None:
    with Running("serve", "--port", 0, *model_arguments) as running:
        running.wait_for(lambda it: ADDRESS.search(it.messages))
        address = ADDRESS.search(running.messages)
        assert address is not None
        page = context.new_page()
        wire = Wire(page)
        page.goto(address.group())
        expect(part(page, "label")).to_have_text("ready")
        press(page, "Read my voice")
        expect(part(page, "notice")).to_have_text("A voice is being read", timeout=PATIENCE_MS)
        element(page).evaluate(REMEMBER)
        wait_until(page, wire, lambda it: any(event.t_end_ms >= 8_000 for event in it.of(Estimate)))
        shown = page.evaluate("() => window.shown")
        press(page, "Stop")
        wait_until(page, wire, lambda it: it.of(Summary))
        expect(part(page, "detail")).to_contain_text("of speech", timeout=PATIENCE_MS)
        context.close()
    assert shown
    for estimate, words in shown:
        silent = ("silence", "waiting for speech")
        assert words in ((estimate["label"] or "not sure",) if estimate["speech"] else silent)
    assert wire.said == ["start", "stop"]
    assert wire.sent[0]["format"] == "f32le"
    assert wire.of(Gap) == []
    rate_hz = wire.sent[0]["rate"]
    assert rate_hz == RATE_HZ
    sent = np.frombuffer(wire.audio, np.float32)
    played, _ = soundfile.read(clip, dtype="float32")
    assert share_of_recording(sent, played) > 0.5
    soundfile.write(tmp_path / "sent.wav", sent, RATE_HZ, subtype="FLOAT")
    from_file = {
        event.t_end_ms: event
        for event in file_events(tmp_path / "sent.wav", model_arguments)
        if isinstance(event, Estimate)
    }
    estimates = [event for event in wire.of(Estimate) if event.t_end_ms in from_file]
    assert len(estimates) >= 8_000 / 250 - 3
    for estimate in estimates:
        other = from_file[estimate.t_end_ms]
        assert isinstance(estimate, Estimate)
        assert (estimate.label, estimate.speech, estimate.t_start_ms) == (other.label, other.speech, other.t_start_ms)
        assert estimate.p == pytest.approx(other.p, abs=1e-3)


def test_the_page_begins_with_the_visitors_voice_unless_the_server_has_one(
    context: BrowserContext, parts: Parts
) -> None:
    server = serve(parts)
    try:
        page = context.new_page()
        page.goto(server.address)
        assert page.locator("h2:visible").first.text_content() == "Your own voice"
        assert page.locator("emo-stream").first.get_attribute("id") == "microphone"
        expect(page.get_by_role("heading", name="The voice of this server")).to_be_visible()
        server.emit(hello())
        page.reload()
        assert page.locator("emo-stream").first.get_attribute("id") == "live"
        expect(page.get_by_role("heading", name="The voice of this server")).to_be_hidden()
    finally:
        server.close()


def test_pausing_sends_silence_and_stopping_gives_the_verdict_over_all(context: BrowserContext, parts: Parts) -> None:
    server = serve(parts)
    try:
        page = context.new_page()
        wire = Wire(page)
        page.goto(server.address)
        press(page, "Read my voice")
        wait_until(page, wire, lambda it: it.of(Estimate))
        press(page, "Pause")
        expect(part(page, "label")).to_have_text("paused")
        expect(part(page, "notice")).to_have_text("Paused: no voice is being read")
        page.wait_for_timeout(500)
        before = len(wire.audio)
        page.wait_for_timeout(800)
        assert len(wire.audio) > before
        assert not np.frombuffer(wire.audio[before:], np.float32).any()
        press(page, "Go on")
        expect(part(page, "notice")).to_have_text("A voice is being read")
        wait_until(page, wire, lambda it: any(event.speech for event in it.of(Estimate)))
        press(page, "Stop")
        expect(part(page, "detail")).to_contain_text("of speech", timeout=PATIENCE_MS)
        expect(part(page, "notice")).to_have_text("The microphone is off")
        length = len(wire.audio)
        page.wait_for_timeout(300)
        assert len(wire.audio) == length
        press(page, "Read my voice")
        wait_until(page, wire, lambda it: len(it.of(Hello)) == 2)
    finally:
        server.close()


def test_it_goes_on_after_a_restart_and_counts_what_was_lost(context: BrowserContext, parts: Parts) -> None:
    server = serve(parts)
    page = context.new_page()
    wire = Wire(page)
    page.goto(server.address)
    press(page, "Read my voice")
    wait_until(page, wire, lambda it: it.of(Estimate))
    server.close()
    expect(part(page, "label")).to_have_text("not connected", timeout=PATIENCE_MS)
    expect(part(page, "notice")).to_have_text("No connection: the microphone is on, nobody reads it")
    expect(part(page, "losses")).to_contain_text("of audio lost")
    again = serve(parts, port=server.port)
    try:
        wait_until(page, wire, lambda it: it.of(Gap))
        assert wire.said == ["start", "start", "lost"]
        wait_until(page, wire, lambda it: isinstance(it.events[-1], Estimate | Health))
        expect(part(page, "notice")).to_have_text("A voice is being read", timeout=PATIENCE_MS)
        expect(part(page, "losses")).to_contain_text("of audio lost")
    finally:
        again.close()


def test_a_page_of_an_allowed_origin_has_its_microphone_read(context: BrowserContext, parts: Parts) -> None:
    with foreign_page("<div></div>") as origin:
        server = serve(parts, allowed_origins=[origin])
        try:
            page = context.new_page()
            page.goto(origin)
            page.evaluate(
                """base => {
                    const script = document.createElement("script");
                    Object.assign(script, { type: "module", src: base + "emostream.js" });
                    const element = Object.assign(document.createElement("emo-stream"), { id: "microphone" });
                    element.setAttribute("microphone", "");
                    document.querySelector("div").append(element, script);
                }""",
                server.address,
            )
            press(page, "Read my voice")
            expect(part(page, "notice")).to_have_text("A voice is being read", timeout=PATIENCE_MS)
        finally:
            server.close()


def test_a_full_server_is_named_and_tried_again(context: BrowserContext, parts: Parts) -> None:
    server = serve(parts, Limits(streams=0))
    try:
        page = context.new_page()
        page.goto(server.address)
        press(page, "Read my voice")
        expect(part(page, "label")).to_have_text("server full", timeout=PATIENCE_MS)
        expect(part(page, "detail")).to_have_text(re.compile(r"next try in \d+ s"))
        press(page, "Stop")
        expect(part(page, "label")).to_have_text("ready")
    finally:
        server.close()


def test_audio_that_the_socket_does_not_take_is_lost_and_told(context: BrowserContext, parts: Parts) -> None:
    server = serve(parts)
    try:
        page = context.new_page()
        wire = Wire(page)
        page.add_init_script(
            "const real = Object.getOwnPropertyDescriptor(WebSocket.prototype, 'bufferedAmount');"
            "Object.defineProperty(WebSocket.prototype, 'bufferedAmount',"
            " { get() { return window.isStalled ? 1e9 : real.get.call(this); } });"
        )
        page.goto(server.address)
        press(page, "Read my voice")
        wait_until(page, wire, lambda it: it.of(Estimate))
        page.evaluate("() => { window.isStalled = true }")
        expect(part(page, "losses")).to_contain_text("of audio lost")
        length = len(wire.audio)
        page.wait_for_timeout(500)
        assert len(wire.audio) == length
        page.evaluate("() => { window.isStalled = false }")
        wait_until(page, wire, lambda it: it.of(Gap))
        (lost,) = (message["samples"] for message in wire.sent if message["type"] == "lost")
        assert int(str(lost)) / RATE_HZ > 0.4
    finally:
        server.close()


@pytest.mark.parametrize(
    ("error", "word", "line"),
    [
        ("NotAllowedError", "not allowed", "Allow it in the browser's settings"),
        ("NotFoundError", "no microphone", "The browser finds none"),
        ("NotReadableError", "no sound", "another program may hold it"),
        ("OddError", "no microphone", "The browser says: as told"),
    ],
)
def test_a_microphone_that_is_not_to_be_had_is_explained(
    context: BrowserContext, parts: Parts, error: str, word: str, line: str
) -> None:
    server = serve(parts)
    try:
        page = context.new_page()
        page.add_init_script(
            f"MediaDevices.prototype.getUserMedia = async () => {{ throw new DOMException('as told', '{error}'); }};"
        )
        page.goto(server.address)
        press(page, "Read my voice")
        expect(part(page, "label")).to_have_text(word)
        expect(part(page, "detail")).to_contain_text(line)
        expect(part(page, "aloud")).to_contain_text(line)
        expect(element(page).get_by_role("button")).to_have_text("Read my voice")
    finally:
        server.close()


# An AudioContext for the test to suspend, as a call or a screen lock does; it can be resumed when ``mayResume``.
SUSPENDABLE = """
  window.stoppedMs = 0;
  window.mayResume = false;
  const { resume } = AudioContext.prototype;
  AudioContext.prototype.resume = function () {
    return window.mayResume ? resume.call(this) : Promise.reject(new Error("not now"));
  };
  window.AudioContext = class extends AudioContext {
    constructor(...options) {
      super(...options);
      window.audioContext = this;
      let stoppedAtMs = null;
      this.addEventListener("statechange", () => {
        if (this.state === "suspended") stoppedAtMs = Date.now();
        else if (stoppedAtMs !== null) window.stoppedMs += Date.now() - stoppedAtMs;
      });
    }
  };
"""


def test_a_suspended_context_is_resumed_and_the_time_is_a_gap(context: BrowserContext, parts: Parts) -> None:
    context.add_init_script(SUSPENDABLE)
    server = serve(parts)
    try:
        page = context.new_page()
        wire = Wire(page)
        page.goto(server.address)
        press(page, "Read my voice")
        wait_until(page, wire, lambda it: it.of(Estimate))
        page.evaluate("audioContext.suspend()")
        page.wait_for_timeout(3_000)  # the suspension itself
        assert wire.of(Gap) == []
        page.evaluate("mayResume = true")
        wait_until(page, wire, lambda it: it.of(Gap))
        (gap,) = wire.of(Gap)
        assert isinstance(gap, Gap)
        stopped_ms = page.evaluate("stoppedMs")
        assert stopped_ms >= 3_000
        assert gap.lost_ms == pytest.approx(stopped_ms, abs=100)
        estimates = len(wire.of(Estimate))
        wait_until(page, wire, lambda it: len(it.of(Estimate)) > estimates + 8)
        assert len(wire.of(Gap)) == 1
    finally:
        server.close()


def test_unplugging_ends_it(context: BrowserContext, parts: Parts) -> None:
    server = serve(parts)
    try:
        page = context.new_page()
        page.add_init_script(
            "const ask = MediaDevices.prototype.getUserMedia;"
            "MediaDevices.prototype.getUserMedia = async function (...wish) {"
            " return (window.media = await ask.apply(this, wish)); };"
        )
        page.goto(server.address)
        press(page, "Read my voice")
        expect(part(page, "notice")).to_have_text("A voice is being read", timeout=PATIENCE_MS)
        page.evaluate("() => { const [track] = media.getTracks(); track.dispatchEvent(new Event('ended')); }")
        expect(part(page, "label")).to_have_text("microphone gone")
        expect(part(page, "notice")).not_to_have_text("A voice is being read")
    finally:
        server.close()
