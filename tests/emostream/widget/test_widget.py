"""The widget in a real Chromium, fed through real sockets: what it shows and what it announces."""

import json
import re
from collections.abc import Callable
from importlib import resources

import msgspec
import pytest
from playwright.sync_api import Browser, Page, expect

from emostream.events import Certainty, Gap, Health
from emostream.server.config import ServerConfig
from emostream.server.server import Server
from emostream.sinks.palette import BY_NAME, OTHERS
from tests.support.foreign_page import foreign_page
from tests.support.serving import serve
from tests.support.stream_events import LABELS, PATIENT_STEP_MS, VOICE, estimate, gap, hello, utterance
from tests.support.widget_page import meter, part

ALOUD_MS = 15_000  # what is read aloud waits for its turn

Open = Callable[..., Page]


def timeline_colours(page: Page) -> set[str]:
    """Every opaque colour on the timeline, as #rrggbb."""
    script = """widget => {
        const canvas = widget.shadowRoot.querySelector("canvas");
        const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
        const hex = at => data[at].toString(16).padStart(2, "0");
        const seen = new Set();
        for (let at = 0; at < data.length; at += 4)
            if (data[at + 3] === 255) seen.add("#" + hex(at) + hex(at + 1) + hex(at + 2));
        return [...seen];
    }"""
    return set(page.locator("#live").evaluate(script))


def test_labels_come_from_the_hello(open_page: Open, sink: Server) -> None:
    page = open_page()
    expect(part(page, "label")).to_have_text("waiting")
    expect(part(page, "detail")).to_have_text("no voice is being read here yet")
    sink.emit(hello())
    expect(page.locator("#live .name")).to_have_text([*LABELS, "level"])
    expect(part(page, "label")).to_have_text("waiting for speech")
    expect(part(page, "source")).to_have_text("test microphone")
    expect(part(page, "models")).to_have_text("first + second")
    sink.emit(hello(labels=("<b>bold</b>", "gelassen")))
    expect(page.locator("#live .name")).to_have_text(["<b>bold</b>", "gelassen", "level"])


def test_the_label_follows_the_estimates(open_page: Open, sink: Server) -> None:
    page = open_page()
    sink.emit(hello())
    for seq, label in ((10, "happy"), (20, "sad"), (30, "angry")):
        sink.emit(estimate(seq, label, top=0.82))
        expect(part(page, "label")).to_have_text(label)
        expect(part(page, "detail")).to_have_text("82 % likely90 % agreement of the networks")
        expect(meter(page, label)).to_have_attribute("aria-valuenow", "82")
        expect(meter(page, "neutral")).to_have_attribute("aria-valuetext", "6 %")
    expect(meter(page, "level")).to_have_attribute("aria-valuenow", "-25")
    assert {BY_NAME["happy"], BY_NAME["sad"], BY_NAME["angry"]} <= timeline_colours(page)


def test_it_says_so_when_it_is_not_sure(open_page: Open, sink: Server) -> None:
    page = open_page()
    sink.emit(hello())
    sink.emit(estimate(1, None, top=0.31))
    expect(part(page, "label")).to_have_text("not sure")
    expect(part(page, "detail")).to_contain_text("closest is sad, at 31 %")
    assert BY_NAME["sad"] not in timeline_colours(page)


def test_silence_is_neither_a_label_nor_unsure(open_page: Open, sink: Server) -> None:
    page = open_page()
    sink.emit(hello())
    sink.emit(estimate(1, speech=False))
    expect(part(page, "detail")).to_have_text("nobody is speaking")
    expect(part(page, "label")).to_have_text("waiting for speech")
    sink.emit(estimate(2, "happy"))
    expect(part(page, "label")).to_have_text("happy")
    sink.emit(estimate(3, speech=False))
    expect(part(page, "label")).to_have_text("silence")
    expect(meter(page, "happy")).to_have_attribute("aria-valuetext", "–")


def test_the_lamp_is_on_while_a_voice_is_read_and_only_then(open_page: Open, sink: Server) -> None:
    page = open_page()
    sink.emit(hello())
    expect(part(page, "notice")).to_have_text("No voice is being read")
    sink.emit(estimate(1))
    expect(part(page, "notice")).to_have_text("A voice is being read")
    bad = Health(seq=2, stream="live", t_start_ms=0, t_end_ms=500, source="x", source_ok=False, lost_ms=0, lag_ms=0)
    sink.emit(bad)
    expect(part(page, "notice")).to_have_text("No voice is being read")
    expect(part(page, "label")).to_have_text("no signal")
    sink.emit(estimate(3))  # of the zeros of a muted microphone
    page.wait_for_timeout(300)
    expect(part(page, "label")).to_have_text("no signal")
    sink.emit(msgspec.structs.replace(bad, seq=4, source_ok=True))
    sink.emit(estimate(5))
    expect(part(page, "notice")).to_have_text("A voice is being read")
    # No further estimate comes: what was read last must not stand there as if it were now.
    expect(part(page, "label")).to_have_text("no signal", timeout=8000)
    expect(part(page, "notice")).to_have_text("No voice is being read")


def test_in_a_replay_the_lamp_is_not_lit(open_page: Open, sink: Server) -> None:
    page = open_page()
    recorded = "2026-01-02T03:04:05.000Z"
    sink.emit(msgspec.structs.replace(hello(step_ms=PATIENT_STEP_MS), recorded=recorded))
    sink.emit(estimate(1))
    expect(part(page, "label")).to_have_text("happy")
    expect(part(page, "notice")).to_have_text(re.compile("A replay of .*2026.*: nobody is being read"))
    expect(page.locator("#live .card")).not_to_have_class(re.compile(r"\blive\b"))
    sink.emit(msgspec.structs.replace(hello(step_ms=PATIENT_STEP_MS), recorded="no time"))
    sink.emit(estimate(1))
    expect(part(page, "notice")).to_have_text("A replay of no time: nobody is being read")
    sink.emit(hello(step_ms=PATIENT_STEP_MS))
    sink.emit(estimate(1))
    expect(part(page, "notice")).to_have_text("A voice is being read")
    expect(page.locator("#live .card")).to_have_class(re.compile(r"\blive\b"))


def test_a_pause_of_the_server_is_shown_and_its_notice(open_page: Open, sink: Server) -> None:
    page = open_page()
    sink.emit(msgspec.structs.replace(hello(), notice="Guests are read <here>"))
    expect(part(page, "own-notice")).to_have_text("Guests are read <here>")
    sink.emit(estimate(1))
    expect(part(page, "notice")).to_have_text("A voice is being read")
    health = Health(seq=2, stream="live", t_start_ms=0, t_end_ms=500, source="x", source_ok=True, lost_ms=0, lag_ms=0)
    sink.emit(msgspec.structs.replace(health, paused_by=("person",)))
    expect(part(page, "notice")).to_have_text("Paused: no voice is being read")
    expect(part(page, "label")).to_have_text("paused")
    expect(part(page, "detail")).to_have_text("somebody paused: nothing is read")
    sink.emit(msgspec.structs.replace(health, seq=3, paused_by=("schedule",)))
    expect(part(page, "detail")).to_have_text("these are quiet hours: nothing is read")
    sink.emit(msgspec.structs.replace(health, seq=4))
    sink.emit(Gap(seq=5, stream="live", t_start_ms=500, t_end_ms=9000, lost_ms=0, reason="paused"))
    sink.emit(msgspec.structs.replace(estimate(60), seq=6))
    expect(part(page, "notice")).to_have_text("A voice is being read")
    expect(part(page, "losses")).to_have_text("")


def test_gaps_and_skipped_updates_are_shown(open_page: Open, sink: Server) -> None:
    page = open_page(color_scheme="light")
    sink.emit(hello())
    sink.emit(estimate(1))
    expect(part(page, "label")).to_have_text("happy")
    assert BY_NAME["angry"] not in timeline_colours(page)
    sink.emit(gap(2, lost_ms=400))
    expect(part(page, "losses")).to_have_text("0.4 s of audio lost")
    sink.emit(utterance(6))
    expect(part(page, "losses")).to_have_text("0.4 s of audio lost, 3 updates skipped")


def test_a_pause_is_no_loss(open_page: Open, sink: Server) -> None:
    page = open_page(color_scheme="light")
    sink.emit(hello())
    sink.emit(msgspec.structs.replace(gap(1, lost_ms=0), t_end_ms=20_000, reason="paused"))
    sink.emit(estimate(90, "sad"))
    expect(part(page, "label")).to_have_text("sad")
    expect(part(page, "losses")).not_to_contain_text("of audio lost")
    assert BY_NAME["angry"] not in timeline_colours(page)


def test_utterances_are_drawn_and_told(open_page: Open, sink: Server) -> None:
    page = open_page()
    for event in (hello(), utterance(20, "sad"), utterance(40, None)):
        sink.emit(event)
    sink.emit(estimate(50, speech=False))
    expect(page.locator("#live").get_by_role("img")).to_have_attribute(
        "aria-label", "The last minute. Latest utterances: sad, not sure."
    )
    assert BY_NAME["sad"] in timeline_colours(page)


def test_it_says_how_the_last_utterance_was_spoken_while_a_voice_is_read(open_page: Open, sink: Server) -> None:
    page = open_page()
    sink.emit(hello())
    sink.emit(estimate(1))
    expect(part(page, "voice")).to_have_text("")
    sink.emit(utterance(2, "sad", VOICE))
    expect(part(page, "voice")).to_have_text("last: arousal 0.62 · 150 Hz · −18 dBFS · 3.5 syll./s")
    sink.emit(utterance(3, "sad", msgspec.structs.replace(VOICE, arousal=None)))
    expect(part(page, "voice")).to_have_text("last: 150 Hz · −18 dBFS · 3.5 syll./s")
    sink.emit(utterance(4, "sad"))  # whispered
    expect(part(page, "voice")).to_have_text("")


def test_it_reconnects_and_goes_on_after_the_daemon_was_started_anew(open_page: Open, sink: Server) -> None:
    page = open_page()
    sink.emit(hello())
    sink.emit(estimate(40, "happy"))
    expect(part(page, "label")).to_have_text("happy")
    sink.close()
    expect(part(page, "label")).to_have_text("not connected")
    expect(part(page, "notice")).to_have_text("No connection")
    expect(part(page, "detail")).to_have_text(re.compile(r"next try in \d+ s"))
    again = Server(ServerConfig(port=sink.port))
    try:
        again.emit(hello())
        again.emit(estimate(1, "angry"))
        expect(part(page, "label")).to_have_text("angry", timeout=15_000)
        expect(part(page, "state")).to_have_text("connected")
        expect(part(page, "losses")).to_be_empty()
        assert BY_NAME["happy"] not in timeline_colours(page)
    finally:
        again.close()


def test_a_newer_protocol_is_named_and_not_guessed_at(open_page: Open, sink: Server) -> None:
    page = open_page()
    page.locator("#live").evaluate(
        """widget => {
            const newer = JSON.stringify({ type: "hello", v: 2, seq: 0 });
            window.WebSocket = class {
                constructor() { setTimeout(() => this.onmessage({ data: newer })); }
                close() {}
            };
            widget.setAttribute("src", "/elsewhere");
        }"""
    )
    expect(part(page, "state")).to_have_text("the server speaks protocol 2, this widget 1")


def test_what_is_announced_has_settled_and_does_not_chatter(open_page: Open, sink: Server) -> None:
    page = open_page()
    sink.emit(hello())
    sink.emit(estimate(1, "happy"))
    aloud = part(page, "aloud")
    for seq in range(2, 2 + ALOUD_MS // 500):  # before it, "waiting" may have been told
        if aloud.text_content() == "happy":
            break
        sink.emit(estimate(seq, "happy"))
        page.wait_for_timeout(500)
    expect(aloud).to_have_text("happy")
    expect(aloud).to_have_attribute("aria-live", "polite")
    assert page.locator("#live [aria-live], #live [role=alert]").count() == 1
    aloud.evaluate(
        "aloud => { window.changes = []; new MutationObserver(() => window.changes.push(aloud.textContent))"
        ".observe(aloud, { childList: true, characterData: true, subtree: true }); }"
    )
    for seq, label in enumerate(("happy", "sad", "angry", "happy", None, "sad"), 102):
        sink.emit(estimate(seq, label))
        expect(part(page, "label")).to_have_text(label or "not sure")
    sink.emit(estimate(108, speech=False))
    expect(part(page, "label")).to_have_text("silence")
    for seq in range(109, 109 + ALOUD_MS // 500):  # a stream that falls silent altogether would be told instead
        if aloud.text_content() == "sad":
            break
        sink.emit(estimate(seq, speech=False))
        page.wait_for_timeout(500)
    expect(aloud).to_have_text("sad")
    changes = page.evaluate("() => window.changes")
    assert changes[-1] == "sad"
    assert len(changes) <= 2  # of six, on however slow a machine


def test_only_the_first_of_several_speaks(open_page: Open, sink: Server) -> None:
    page = open_page()
    sink.emit(hello(step_ms=PATIENT_STEP_MS))
    sink.emit(estimate(1, "happy"))
    expect(part(page, "aloud")).to_have_text("happy", timeout=ALOUD_MS)
    for quiet in page.locator("emo-stream[quiet] #aloud").all():
        expect(quiet).to_be_empty()


def test_whose_voice_it_knows_and_how_sure_a_label_must_be(open_page: Open, sink: Server) -> None:
    page = open_page()
    sink.emit(hello())
    expect(part(page, "certainty")).to_be_empty()
    certainty = Certainty(be_right=0.8, confidence=0.67, right=0.79, coverage=0.29, unheard="corpora")
    sink.emit(msgspec.structs.replace(hello(), speaker="Ada", certainty=certainty))
    expect(part(page, "source")).to_have_text("test microphone · knows Ada's voice")
    expect(part(page, "certainty")).to_have_text(
        "A label needs 67 %: then it was right 79 % of the time (80 % was asked for) on corpora never heard, "
        "and shown for 29 % of speech."
    )


def test_the_token_stays_out_of_the_address_and_of_what_is_copied(open_page: Open) -> None:
    token = "a+token/of=ours"
    server = serve(token=token)
    try:
        page = open_page()
        addresses: list[str] = []
        page.on("websocket", lambda socket: addresses.append(socket.url))
        page.on("request", lambda request: addresses.append(request.url))
        page.goto(f"{server.address}#token={token}")
        expect(part(page, "state")).to_have_text("connected")
        server.emit(hello())
        expect(part(page, "label")).to_have_text("waiting for speech")
        assert [address for address in addresses if token in address.partition("#")[0]] == []
        expect(page.locator("#overlay-address")).to_have_text(f"{server.address}?theme=transparent#token=TOKEN")
        assert token not in page.locator("body").inner_text()
    finally:
        server.close()


def test_the_pages_address_sets_stream_and_looks(open_page: Open, sink: Server) -> None:
    page = open_page("?stream=desk&emo-ink=rgb(1,2,3)&theme=light")
    sink.emit(hello())
    sink.emit(msgspec.structs.replace(hello(), stream="desk", source="the desk"))
    expect(part(page, "source")).to_have_text("the desk")
    assert page.locator("#live .card").evaluate("card => getComputedStyle(card).color") == "rgb(1, 2, 3)"


def test_events_are_given_to_the_page(open_page: Open, sink: Server) -> None:
    page = open_page()
    page.locator("#live").evaluate(
        """live => {
            window.received = [];
            live.addEventListener("emostream", ({ detail }) => window.received.push(detail.type));
        }"""
    )
    for event in (hello(), estimate(1), utterance(20)):
        sink.emit(event)
        expect(part(page, "label")).not_to_have_text("waiting")
    page.wait_for_function("() => window.received.length === 3")
    assert page.evaluate("() => window.received") == ["hello", "estimate", "utterance"]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("theme", ["", "light", "dark", "transparent"])
def test_themes(open_page: Open, scheme: str, theme: str) -> None:
    page = open_page(f"?theme={theme}", color_scheme=scheme)
    background = "element => getComputedStyle(element).backgroundColor"
    card, body = (page.locator(name).evaluate(background) for name in ("#live .card", "body"))
    if theme == "transparent":
        assert body == "rgba(0, 0, 0, 0)"
        assert card == "rgba(17, 18, 22, 0.8)"  # dark enough for white text on whatever lies behind it
        expect(page.locator("h1")).to_be_hidden()
    else:
        is_dark = (theme or scheme) == "dark"
        assert [max(map(int, re.findall(r"\d+", colour))) < 64 for colour in (card, body)] == [is_dark, is_dark]


# {what moves: how many} in the page and in its elements.
MOVES = """() => {
  const moving = {};
  const look = (root) => {
    for (const element of root.querySelectorAll("*")) {
      for (const pseudo of [null, "::before", "::after"]) {
        const { animationName, transitionDuration } = getComputedStyle(element, pseudo);
        const moves = animationName !== "none" || /[1-9]/.test(transitionDuration);
        if (moves) moving[element.className] = 1 + (moving[element.className] ?? 0);
      }
      if (element.shadowRoot) look(element.shadowRoot);
    }
  };
  look(document);
  return moving;
}"""


def test_all_motion_stops_for_those_who_ask(open_page: Open, sink: Server) -> None:
    sink.emit(hello())
    for motion in ("no-preference", "reduce"):
        page = open_page(reduced_motion=motion)
        sink.emit(estimate(1))
        expect(part(page, "notice")).to_have_text("A voice is being read")
        moving = page.evaluate(MOVES)
        if motion == "reduce":
            assert moving == {}
        else:
            assert {"fill", "wash"} <= set(moving)


@pytest.mark.parametrize("width", [320, 768, 1440])
@pytest.mark.parametrize("layout", ["card", "bar", "badge"])
def test_long_words_are_shown_whole_and_nothing_overflows(
    open_page: Open, sink: Server, width: int, layout: str
) -> None:
    labels = ("Donaudampfschifffahrtsgesellschaftskapitän", "uncomfortably-long-label-of-somebody", "sad")
    page = open_page(f"?layout={layout}&theme=light", viewport={"width": width, "height": 800})
    sink.emit(hello(labels=labels))
    sink.emit(estimate(1, labels[0], labels=labels))
    expect(part(page, "label")).to_have_text(labels[0])
    assert page.evaluate("() => document.documentElement.scrollWidth") <= width
    too_long = "name => name.scrollWidth > name.clientWidth + 1 || name.scrollHeight > name.clientHeight + 3"
    for words in page.locator("#live .name:visible, #live .label").all():
        assert not words.evaluate(too_long), words.text_content()


def test_the_page_offers_what_to_copy(open_page: Open, sink: Server) -> None:
    page = open_page()
    expect(page.locator("#overlay-address")).to_have_text(f"{sink.address}?theme=transparent")
    expect(page.locator("#element")).to_contain_text(f'<emo-stream src="ws://127.0.0.1:{sink.port}/ws">')
    expect(page.locator("#microphone-element")).to_contain_text("<emo-stream microphone publish")
    page.get_by_role("button", name="Copy the address for OBS").focus()
    page.keyboard.press("Enter")
    expect(page.locator("[data-copies=overlay-address]")).to_have_text(re.compile("Copied|Selected"))


def test_all_that_can_be_pressed_is_reached_by_keyboard(open_page: Open) -> None:
    page = open_page()
    reached = []
    for _ in range(page.locator("pre, button:visible").count() + 1):
        page.keyboard.press("Tab")
        reached.append(
            page.evaluate(
                "() => (document.activeElement.shadowRoot?.activeElement ?? document.activeElement).textContent"
            )
        )
    assert reached[0] == "Read my voice"
    assert reached.count("Copy") == page.locator("[data-copies]").count()


def test_an_unknown_label_has_the_colour_of_no_emotion(open_page: Open, sink: Server) -> None:
    labels = ("amused", "angry", "bored stiff")
    page = open_page()
    sink.emit(hello(labels=labels))
    sink.emit(estimate(1, "amused", labels=labels))
    expect(part(page, "label")).to_have_text("amused")
    tracks = page.locator("#live .track:not(.level)")
    colours = [track.evaluate("track => getComputedStyle(track).getPropertyValue('--c')") for track in tracks.all()]
    assert colours == [OTHERS[0], BY_NAME["angry"], OTHERS[1]]
    assert OTHERS[0] in timeline_colours(page)


def test_an_element_opens_one_socket(open_page: Open, sink: Server) -> None:
    page = open_page("?layout=badge")
    opened: list[str] = []
    page.on("websocket", lambda socket: opened.append(socket.url))
    socket = f"ws://127.0.0.1:{sink.port}/ws"
    page.evaluate(
        """socket => {
            document.querySelector("#live").remove();
            const attributes = `src="${socket}" theme="dark" layout="bar" lang="de" publish="x"`;
            document.body.insertAdjacentHTML("beforeend", `<emo-stream id="live" ${attributes}></emo-stream>`);
        }""",
        socket,
    )
    expect(part(page, "state")).to_have_text("verbunden")
    assert opened == [f"{socket}?stream="]
    page.locator("#live").evaluate(
        """(element, socket) => {
            element.setAttribute("src", socket + "?stream=desk");
            element.setAttribute("publish", "y");
            element.setAttribute("theme", "light");
        }""",
        socket,
    )
    sink.emit(msgspec.structs.replace(hello(), stream="desk", source="the desk"))
    expect(part(page, "source")).to_have_text("the desk")
    assert len(opened) == 2
    assert sink.clients == 1


def test_an_element_that_was_there_before_its_script_opens_one_socket(browser: Browser) -> None:
    """Each attribute is told to an element that becomes one of ours in a page that is there already."""
    with foreign_page('<emo-stream id="live" theme="dark" publish="x"></emo-stream>') as origin:
        server = serve(allowed_origins=[origin])
        page = browser.new_page()
        try:
            opened: list[str] = []
            page.on("websocket", lambda socket: opened.append(socket.url))
            page.goto(origin)
            page.evaluate(
                """base => {
                    document.querySelector("#live").setAttribute("src", `${base}ws`);
                    const script = document.createElement("script");
                    document.body.append(Object.assign(script, { type: "module", src: `${base}emostream.js` }));
                }""",
                server.address,
            )
            expect(part(page, "state")).to_have_text("connected")
            assert len(opened) == 1
        finally:
            page.close()
            server.close()


def test_the_colours_are_those_of_the_terminal() -> None:
    script = (resources.files("emostream") / "widget" / "palette.js").read_text()
    palette = re.search(r"const PALETTE = \{(.*?)\}", script, re.DOTALL)
    others = re.search(r"const OTHERS = (\[.*?\]);", script)
    assert palette is not None
    assert others is not None
    assert tuple(json.loads(others[1])) == OTHERS
    pairs = re.findall(r"(\w+): (\"#\w+\")", palette[1])
    assert {name: json.loads(colour) for name, colour in pairs} == BY_NAME
