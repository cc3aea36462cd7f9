"""The dashboard: a state that any event leads to, a picture of it at any size, and a terminal that is given back."""

import fcntl
import io
import os
import pty
import re
import select
import struct
import subprocess
import sys
import termios
import threading
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.console import Console

from emostream.events import Certainty, Error, Estimate, Event, Gap, Health, Hello, ModelBrief, Utterance, encode
from emostream.sinks.dashboard.block_letters import block_letters
from emostream.sinks.dashboard.screen import Dashboard, Screenful, farewell
from emostream.sinks.dashboard.state import HISTORY_MS, UTTERANCES, DashboardState
from emostream.sinks.dashboard.view import dashboard_lines
from emostream.sinks.drawing import bar, column
from emostream.sinks.palette import BY_NAME, OTHERS, WARNING, label_colours
from tests.support.stream_events import VOICE

ROOT = Path(__file__).parents[3]
LABELS = ("angry", "happy", "neutral", "sad")
KINDS = ("label", "unsure", "silence", "gap", "health", "down", "error", "utterance")
SIZES = [(60, 15), (80, 24), (120, 40), (200, 60)]
P = {"angry": 0.7, "happy": 0.1, "neutral": 0.15, "sad": 0.05}


def hello(labels: tuple[str, ...] = LABELS, models: int = 2) -> Hello:
    briefs = tuple(ModelBrief(name=f"net{n}", variant="ship", version="1.0", licence="MIT") for n in range(models))
    return Hello(
        seq=0,
        stream="mic",
        t_start_ms=0,
        t_end_ms=0,
        labels=labels,
        window_ms=3000,
        step_ms=250,
        models=briefs,
        source="Desk Microphone",
    )


def estimate(t_end_ms: int = 3000, label: str | None = "angry", speech: bool = True, dbfs: float = -20.0) -> Estimate:
    return Estimate(
        seq=1,
        stream="mic",
        t_start_ms=max(0, t_end_ms - 3000),
        t_end_ms=t_end_ms,
        p=P,
        label=label,
        confidence=0.7,
        agreement=0.93,
        speech=speech,
        level_dbfs=dbfs,
        latency_ms=12.4,
    )


def gap(start_ms: int, end_ms: int) -> Gap:
    return Gap(seq=2, stream="mic", t_start_ms=start_ms, t_end_ms=end_ms, lost_ms=float(end_ms - start_ms))


def health(t_ms: int, ok: bool = True, lost_ms: float = 0.0, clients: int = 0, dropped: int = 0) -> Health:
    return Health(
        seq=3,
        stream="mic",
        t_start_ms=t_ms,
        t_end_ms=t_ms,
        source="Desk Microphone",
        source_ok=ok,
        lost_ms=lost_ms,
        lag_ms=0.0,
        clients=clients,
        dropped_events=dropped,
    )


def utterance(end_ms: int, label: str | None = "sad") -> Utterance:
    return Utterance(seq=4, stream="mic", t_start_ms=end_ms - 900, t_end_ms=end_ms, p=P, label=label, confidence=0.7)


def after(*events: Event) -> DashboardState:
    state = DashboardState()
    for event in events:
        state = state.after(event)
    return state


def screen(state: DashboardState, width: int = 80, height: int = 24, served_at: str | None = None) -> str:
    return "\n".join(line.plain for line in dashboard_lines(state, width, height, served_at))


class TestState:
    def test_nothing_grows_however_long_it_runs(self) -> None:
        state = after(hello())
        for step in range(1, 3000):
            state = state.after(estimate(250 * step)).after(utterance(250 * step))
        assert state.history[0].end_ms > state.now_ms - HISTORY_MS
        assert len(state.history) == HISTORY_MS // 250
        assert len(state.utterances) == UTTERANCES
        assert state.utterance_count == 2999

    def test_tiny_steps_do_not_make_the_history_long(self) -> None:
        state = after(hello())
        for millisecond in range(1, 2500):
            state = state.after(estimate(millisecond))
        assert len(state.history) == 2000

    def test_losses_are_the_daemons_count_or_the_gaps_when_those_are_ahead(self) -> None:
        assert after(hello(), gap(0, 40)).lost_ms == 40
        assert after(hello(), gap(0, 40), health(50, lost_ms=90.0)).lost_ms == 90
        assert after(hello(), health(50, lost_ms=90.0), gap(60, 200)).lost_ms == 140

    def test_a_lost_source_is_off_air_until_it_delivers_again(self) -> None:
        state = after(hello(), estimate(3000), health(4000, ok=False))
        assert not state.on_air
        assert state.estimate is None
        assert "70%" in screen(after(hello(), estimate(3000)))
        assert "%" not in screen(state)
        # Zeros of a muted microphone have estimates too.
        assert state.after(estimate(8000)).estimate is None
        back = state.after(health(8500)).after(estimate(9000))
        assert back.on_air
        assert back.estimate == estimate(9000)

    def test_a_replay_is_not_on_air(self) -> None:
        recorded = msgspec.structs.replace(hello(), recorded="2026-01-02T03:04:05.000Z")
        shown = screen(after(recorded, estimate(3000)))
        assert "REPLAY of 2026-01-0" in shown
        assert "nobody is read now" in shown
        assert "ON AIR" not in shown
        assert "70%" in shown

    def test_a_pause_is_off_air_and_keeps_no_estimate(self) -> None:
        paused = msgspec.structs.replace(health(3000), paused_by=("person",))
        state = after(hello(), estimate(3000), paused)
        assert not state.on_air
        assert state.estimate is None
        gap_of_pause = Gap(seq=1, stream="mic", t_start_ms=3000, t_end_ms=9000, lost_ms=0, reason="paused")
        state = after(hello(), estimate(3000), paused, health(3000), gap_of_pause, estimate(10_000))
        assert state.on_air
        assert state.lost_ms == 0

    def test_an_error_is_shown_for_ten_seconds_of_the_stream(self) -> None:
        error = Error(seq=5, stream="mic", t_start_ms=0, t_end_ms=1000, code="x", message="microphone unplugged")
        assert "microphone unplugged" in screen(after(hello(), error, estimate(11_000)))
        assert "microphone unplugged" not in screen(after(hello(), error, estimate(11_001)))

    def test_a_new_stream_starts_a_new_picture(self) -> None:
        state = after(hello(), estimate(3000), gap(3000, 4000), hello(("calm", "tense")))
        assert (state.labels, state.history, state.now_ms) == (("calm", "tense"), (), 0)


class TestPicture:
    def test_who_speaks_and_what_being_right_costs_are_on_it(self) -> None:
        certainty = Certainty(be_right=0.8, confidence=0.7, right=0.81, coverage=0.61)
        state = after(msgspec.structs.replace(hello(), speaker="Ada", certainty=certainty), estimate())
        text = screen(state, 120, 40)
        assert "Desk Microphone · the voice of Ada · net0 1.0 + net1 1.0" in text
        assert "asked for 80% right: 81% were, on speakers never heard; a label for 61% of speech" in text
        assert "asked for 80% right: 81%" in screen(state, 60, 15)
        error = Error(seq=5, stream="mic", t_start_ms=0, t_end_ms=3000, code="x", message="microphone unplugged")
        assert "labels right" not in screen(state.after(error), 120, 40)

    @pytest.mark.parametrize(("width", "height"), SIZES)
    def test_everything_that_matters_is_there_at_every_usual_size(self, width: int, height: int) -> None:
        state = after(hello(), estimate(2000), gap(2000, 3000), estimate(6000), health(6000, dropped=3))
        text = screen(state, width, height)
        for wanted in (
            *("● ON AIR — a voice is being read", "00:06", "Desk Microphone · net0 1.0 + net1 1.0", "● speech"),
            *(*LABELS, "70%", "10%", "15%", "5%"),
            *("-20 dBFS", "agreement 93%", "latency 12 ms", "lost 1000 ms", "dropped 3", "╱", "Ctrl-C ends"),
            *(block_letters("angry") or ()),
        ):
            assert wanted in text
        assert len(text.splitlines()) == height

    @settings(deadline=None)  # a busy machine is no failure
    @given(
        width=st.integers(1, 220),
        height=st.integers(1, 70),
        labels=st.lists(st.text(min_size=1, max_size=12), min_size=1, max_size=9, unique=True).map(tuple),
        kinds=st.lists(st.sampled_from(KINDS), max_size=12),
    )
    def test_no_size_and_no_stream_breaks_it(
        self, width: int, height: int, labels: tuple[str, ...], kinds: list[str]
    ) -> None:
        events: list[Event] = [hello(labels)]
        for index, kind in enumerate(kinds):
            now = 500 * (index + 1)
            spoken = msgspec.structs.replace(estimate(now), p=dict.fromkeys(labels, 1 / len(labels)), label=labels[0])
            events.append(
                {
                    "label": spoken,
                    "unsure": msgspec.structs.replace(spoken, label=None),
                    "silence": msgspec.structs.replace(
                        spoken, label=None, speech=False, p={}, level_dbfs=-float("inf")
                    ),
                    "gap": gap(now - 500, now),
                    "health": health(now, clients=2),
                    "down": health(now, ok=False),
                    "error": Error(seq=1, stream="mic", t_start_ms=now, t_end_ms=now, code="x", message="no " * 90),
                    "utterance": utterance(now, None),
                }[kind]
            )
        for lines in (
            dashboard_lines(after(*events), width, height, "127.0.0.1:8765"),
            dashboard_lines(DashboardState(), width, height),
        ):
            assert len(lines) <= height
            assert all(line.cell_len <= width for line in lines if width > 4)

    def test_labels_come_from_the_stream(self) -> None:
        spoken = msgspec.structs.replace(estimate(), p={"bored": 0.8, "keen": 0.2}, label="bored")
        text = screen(after(hello(("bored", "keen")), spoken))
        assert "bored  ━" in text
        assert not any(label in text for label in LABELS)

    def test_before_the_first_estimate(self) -> None:
        assert "○ starting" in screen(DashboardState())
        text = screen(after(hello()), height=10)
        assert "listening" in text
        assert "angry    ─" in text

    def test_silence_unsure_and_a_gap_look_different(self) -> None:
        strip_row = 11
        by_kind = {
            "▆": after(hello(), estimate(1000)),
            "░": after(hello(), estimate(1000, label=None)),
            "·": after(hello(), estimate(1000, label=None, speech=False)),
            "╱": after(hello(), gap(0, 1000)),
        }
        for mark, state in by_kind.items():
            assert screen(state, 60, 15).splitlines()[strip_row].strip()[-1] == mark
        unsure, silent = (screen(by_kind[mark]) for mark in "░·")
        assert (block_letters("unsure") or [""])[0] in unsure
        assert "closest is angry, 70%" in unsure, "a number beside the word would be that of being unsure"
        assert (block_letters("silence") or [""])[0] in silent
        assert "○ silence" in silent

    @pytest.mark.parametrize("size", SIZES)
    @pytest.mark.parametrize(
        ("paused_by", "words"),
        [(("person",), "○ PAUSED — by hand"), (("person", "schedule"), "○ PAUSED — by hand, and quiet hours")],
    )
    def test_a_pause_and_the_notice_are_shown(
        self, size: tuple[int, int], paused_by: tuple[str, ...], words: str
    ) -> None:
        noticed = msgspec.structs.replace(hello(), notice="Guests are read here")
        gap_of_pause = Gap(seq=1, stream="mic", t_start_ms=3000, t_end_ms=9000, lost_ms=0, reason="paused")
        events = (noticed, estimate(3000), gap_of_pause, msgspec.structs.replace(health(9000), paused_by=paused_by))
        shown = screen(after(*events), *size)
        assert words in shown
        assert "Guests are read here" in shown
        assert "ON AIR" not in shown
        assert "–" in shown

    def test_losses_and_a_lost_source_are_loud(self) -> None:
        def warnings(state: DashboardState) -> list[str]:
            lines = dashboard_lines(state, 80, 24)
            loud = f"bold {WARNING}"
            return [line.plain[at.start : at.end] for line in lines for at in line.spans if at.style == loud]

        assert warnings(after(hello(), estimate(label="happy"))) == ["● ON AIR"]
        assert warnings(after(hello(), gap(0, 500), health(600, ok=False, dropped=2))) == [
            "○ OFF AIR — waiting for the source",
            "lost 500 ms",
            "dropped 2",
        ]

    def test_clients_are_shown_when_there_is_a_server(self) -> None:
        state = after(hello(), estimate(), health(3000, clients=2))
        assert "127.0.0.1:8765 · 2 clients" in screen(state, served_at="127.0.0.1:8765")
        assert "client" not in screen(state)

    def test_agreement_needs_two_networks(self) -> None:
        assert "agreement" not in screen(after(hello(models=1), estimate()))

    def test_a_strip_column_never_changes_its_past(self) -> None:
        state = after(hello())
        strips = []
        for step in range(1, 200):
            state = state.after(estimate(250 * step, label="angry" if step % 20 < 10 else None))
            if step % 4 == 0:
                strips.append(screen(state, 60, 15).splitlines()[11][2:58])
        assert all(later[:-1] == earlier[1:] for earlier, later in pairwise(strips))

    def test_the_newest_utterance_comes_first(self) -> None:
        text = screen(after(hello(), estimate(), utterance(2000, "sad"), utterance(5000, None)), 80, 30)
        assert text.index("00:04.1 – 00:05.0  unsure") < text.index("00:01.1 – 00:02.0  sad")

    def test_an_utterance_says_quietly_how_it_was_spoken(self) -> None:
        spoken = msgspec.structs.replace(utterance(2000, "sad"), voice=VOICE)
        state = after(hello(), estimate(), spoken, utterance(5000, "sad"))
        lines = [line for line in dashboard_lines(state, 100, 30) if " – 00:0" in line.plain]
        assert [line.plain.strip() for line in lines] == [
            "00:04.1 – 00:05.0  sad      70%",
            "00:01.1 – 00:02.0  sad      70%   arousal 0.62 · 150 Hz · −18 dBFS · 3.5 syll./s",
        ]
        assert [str(span.style) for span in lines[1].spans if span.end == len(lines[1].plain)] == ["dim"]
        assert all(len(line) <= 60 for line in screen(state, 60, 30).splitlines())


class TestDrawing:
    @settings(deadline=None)
    @given(fraction=st.floats(-1, 2), cells=st.integers(0, 200))
    def test_a_bar_is_always_as_wide_as_asked(self, fraction: float, cells: int) -> None:
        assert len("".join(bar(fraction, cells))) == cells

    @settings(deadline=None)
    @given(fraction=st.floats(-1, 2), rows=st.integers(1, 12))
    def test_a_column_is_always_as_high_as_asked_and_never_empty(self, fraction: float, rows: int) -> None:
        assert len(column(fraction, rows)) == rows
        assert column(fraction, rows).strip()

    def test_words_beyond_the_drawn_alphabet_have_no_block_letters(self) -> None:
        assert block_letters("müde") is None
        assert block_letters("") is None
        assert [len(row) for row in block_letters("Angry 81%") or ()] == [40, 40, 40]


class TestPalette:
    def luminance(self, colour: str) -> float:
        channels = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    @pytest.mark.parametrize("colour", BY_NAME.values())
    def test_colours_can_be_read_on_white_and_on_dark(self, colour: str) -> None:
        assert 1.05 / (self.luminance(colour) + 0.05) >= 3
        assert (self.luminance(colour) + 0.05) / (self.luminance("#1e1e1e") + 0.05) >= 3

    @settings(deadline=None)
    @given(
        st.lists(st.sampled_from(list(BY_NAME)), unique=True),
        st.lists(st.text(min_size=1).filter(lambda label: label not in BY_NAME), max_size=len(OTHERS), unique=True),
    )
    def test_as_many_labels_as_there_are_colours_have_their_own(self, known: list[str], others: list[str]) -> None:
        labels = known + others
        colours = label_colours(labels)
        assert list(colours) == labels
        assert len(set(colours.values())) == len(labels)
        assert all(colours[label] == BY_NAME[label] for label in labels if label in BY_NAME)

    def test_the_browser_widget_has_the_same_colours(self) -> None:
        widget = (ROOT / "streamer" / "emostream" / "widget" / "palette.js").read_text(encoding="utf-8")
        assert BY_NAME.items() <= set(re.findall(r"(\w+): \"(#[0-9a-f]{6})\"", widget))

    def test_more_labels_than_colours_share_them(self) -> None:
        assert len(label_colours([f"label {n}" for n in range(25)])) == 25


class BlockedTerminal(io.StringIO):
    """A terminal that takes nothing until it is released."""

    def __init__(self) -> None:
        super().__init__()
        self.reached = threading.Event()
        self.released = threading.Event()

    def write(self, text: str) -> int:
        self.reached.set()
        assert self.released.wait(60)
        return super().write(text)


class TestDashboard:
    def test_a_terminal_that_takes_nothing_holds_up_nobody(self) -> None:
        terminal = BlockedTerminal()
        dashboard = Dashboard(Console(file=terminal, force_terminal=True, width=80, height=24))
        try:
            dashboard.emit(hello())
            assert terminal.reached.wait(30)
            for step in range(1, 500):
                dashboard.emit(estimate(250 * step))
            dashboard.close()
            assert terminal.getvalue() == ""
        finally:
            terminal.released.set()

    def test_events_from_many_threads_are_all_counted(self) -> None:
        file = io.StringIO()
        dashboard = Dashboard(Console(file=file, force_terminal=True, width=80, height=24))
        dashboard.emit(hello())

        def lose_500_ms() -> None:
            for _ in range(500):
                dashboard.emit(gap(0, 1))

        threads = [threading.Thread(target=lose_500_ms) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        dashboard.close()
        dashboard.close()
        assert file.getvalue().endswith("00:00 heard, 0 utterances, 2000 ms lost\n")

    def test_a_dashboard_that_never_heard_anything_never_touches_the_terminal(self) -> None:
        file = io.StringIO()
        Dashboard(Console(file=file, force_terminal=True)).close()
        assert file.getvalue() == ""

    def test_on_a_real_terminal_it_follows_the_size_and_gives_the_screen_back(self, tmp_path: Path) -> None:
        script = tmp_path / "show.py"
        events = [encode(event).decode() for event in (hello(), estimate(3000), utterance(3000))]
        script.write_text(
            "import sys\n"
            "from rich.console import Console\n"
            "from emostream.events import decode\n"
            "from emostream.sinks.dashboard.screen import Dashboard\n"
            "dashboard = Dashboard(Console())\n"
            f"for line in {events!r}:\n"
            "    dashboard.emit(decode(line))\n"
            "sys.stdin.readline()\n"
            "dashboard.close()\n"
        )
        controller_fd, terminal_fd = pty.openpty()
        set_size(terminal_fd, 60, 15)
        env = {**os.environ, "TERM": "xterm-256color", "PYTHONPATH": str(ROOT / "streamer")}
        env = {name: value for name, value in env.items() if name not in ("COLUMNS", "LINES", "NO_COLOR")}
        with subprocess.Popen(
            [sys.executable, script], stdin=terminal_fd, stdout=terminal_fd, stderr=terminal_fd, env=env
        ) as shown:
            os.close(terminal_fd)
            narrow = read_until(controller_fd, "Ctrl-C ends")
            set_size(controller_fd, 120, 40)
            read_until(controller_fd, "s ago", "Ctrl-C ends")
            os.write(controller_fd, b"\n")
            rest = read_until(controller_fd, "ms lost")
            assert shown.wait(timeout=30) == 0
        os.close(controller_fd)
        assert "\x1b[?1049h" in narrow
        assert "s ago" not in narrow
        assert "\x1b[?1049l" in rest
        assert "\x1b[?25h" in rest
        assert rest.rstrip().endswith("00:03 heard, 1 utterance, 0 ms lost")

    def test_a_screenful_fills_the_screen_it_is_given(self) -> None:
        console = Console(file=io.StringIO(), width=60, height=15, record=True)
        console.print(Screenful(after(hello(), estimate())), height=15, end="")
        lines = console.export_text().splitlines()
        assert len(lines) == 15
        assert lines[-1].strip() == "Ctrl-C ends"

    def test_the_last_line_counts_dropped_events(self) -> None:
        state = after(hello(), estimate(61_000), health(61_000, dropped=4))
        assert farewell(state) == "01:01 heard, 0 utterances, 0 ms lost, 4 events dropped"


def test_the_screenshot_is_well_formed_and_fetches_nothing(tmp_path: Path) -> None:
    events, picture = tmp_path / "events.jsonl", tmp_path / "dashboard.svg"
    events.write_bytes(b"\n".join(map(encode, (hello(("<mad>", "happy")), estimate(3000), gap(3000, 4000)))))
    script = ROOT / "docs" / "make_dashboard_screenshot.py"
    command = [sys.executable, script, events, "--out", picture, "--no-png"]
    subprocess.run(
        [*map(str, command)], check=True, timeout=60, env={**os.environ, "PYTHONPATH": str(ROOT / "streamer")}
    )
    svg = picture.read_text(encoding="utf-8")
    words = " ".join(" ".join(ElementTree.fromstring(svg).itertext()).split())
    assert "<mad>" in words
    assert "Desk Microphone" in words
    assert "lost 1000 ms" in words
    assert re.findall(r"https?://[^\"]+|url\(|@import|@font-face", svg) == ["http://www.w3.org/2000/svg"]


def set_size(terminal: int, columns: int, rows: int) -> None:
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))


def read_until(terminal: int, *wanted: str) -> str:
    """What comes from a terminal until each of ``wanted`` was there, in order."""
    text, place = "", 0
    for word in wanted:
        while word not in text[place:]:
            assert select.select([terminal], [], [], 30)[0], f"{word!r} never came, only {text!r}"
            text += os.read(terminal, 65536).decode(errors="replace")
        place = text.index(word, place) + len(word)
    return text
