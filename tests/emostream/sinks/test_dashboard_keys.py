"""The keys of the dashboard, what covers it, and what large screens and those without colours show."""

from datetime import datetime
from pathlib import Path
from xml.etree import ElementTree

import msgspec
import pytest
from rich.console import ConsoleDimensions

from emostream.errors import UnavailableError
from emostream.events import Error
from emostream.sinks.dashboard.key_handler import KeyHandler
from emostream.sinks.dashboard.keys import HELP, Controls, Overlay
from emostream.sinks.dashboard.picture import save_picture
from emostream.sinks.dashboard.screen import Screenful
from emostream.sinks.dashboard.view import dashboard_lines
from emostream.sinks.palette import label_letters
from tests.emostream.sinks.test_dashboard import LABELS, after, estimate, gap, health, hello, screen, utterance

LONG = "the microphone on the desk gives no audio: is it plugged in, and is its own switch on? Trying to reopen it now"


class Desk:
    """Keys that a test presses, and what they did."""

    def __init__(self) -> None:
        self.waiting = ""
        self.done: list[str] = []
        self.microphones: tuple[str, ...] = ("Yeti, ALSA", "Webcam, ALSA")
        controls = Controls(
            pressed=self._pressed,
            on_quit=lambda: self.done.append("quit"),
            on_pause=lambda: self.done.append("pause"),
            devices=self._devices,
            on_device=self.done.append,
        )
        self.handler = KeyHandler(controls, save_picture=lambda: "saved as x.svg")

    def press(self, keys: str) -> Overlay:
        self.waiting = keys
        self.handler.look()
        return self.handler.overlay

    def _pressed(self) -> str:
        keys, self.waiting = self.waiting, ""
        return keys

    def _devices(self) -> tuple[str, ...]:
        if not self.microphones:
            raise UnavailableError("the devices cannot be listed")
        return self.microphones


class TestKeys:
    def test_each_does_what_its_help_says(self) -> None:
        desk = Desk()
        assert desk.press(" ").kind == "none"
        assert desk.press("s").answer == "saved as x.svg"
        assert desk.press("?").kind == "help"
        assert desk.press("x").kind == "none"
        desk.press("q")
        assert desk.done == ["pause", "quit"]

    def test_a_microphone_is_chosen_by_its_number(self) -> None:
        desk = Desk()
        overlay = desk.press("m")
        assert (overlay.kind, overlay.choices) == ("devices", desk.microphones)
        overlay = desk.press("2")
        assert (overlay.kind, overlay.answer) == ("none", "changing to Webcam, ALSA")
        assert desk.done == ["Webcam, ALSA"]
        desk.press("m")
        assert desk.press("7").kind == "none"
        assert desk.done == ["Webcam, ALSA"]

    def test_a_list_that_cannot_be_had_is_said(self) -> None:
        desk = Desk()
        desk.microphones = ()
        assert desk.press("m").answer == "the devices cannot be listed"

    def test_arrow_keys_do_nothing(self) -> None:
        desk = Desk()
        desk.press("\x1b[qms ")
        assert desk.done == []
        assert desk.handler.overlay == Overlay(has_keys=True)


class TestOverlays:
    def test_help_has_all_keys_and_what_a_line_cut_off(self) -> None:
        state = after(hello(), Error(seq=1, stream="mic", t_start_ms=0, t_end_ms=0, code="source", message=LONG))
        lines = dashboard_lines(state, 60, 30, None, Overlay("help", has_keys=True))
        text = " ".join(line.plain.strip() for line in lines)
        for key, what in HELP:
            assert key in text
            assert what in text
        assert LONG in text
        assert "? help · q ends" in text

    @pytest.mark.parametrize("size", [(40, 12), (80, 24), (200, 50), (3, 2)])
    @pytest.mark.parametrize("kind", ["help", "devices"])
    def test_they_fit_any_screen(self, kind: str, size: tuple[int, int]) -> None:
        overlay = Overlay(kind, choices=("x" * 300,), has_keys=True)  # type: ignore[arg-type]
        lines = dashboard_lines(after(hello()), *size, None, overlay)
        assert len(lines) <= size[1]
        assert all(line.cell_len <= size[0] for line in lines)

    def test_a_long_message_takes_several_lines_where_there_is_room(self) -> None:
        state = after(hello(), Error(seq=1, stream="mic", t_start_ms=0, t_end_ms=0, code="source", message=LONG))
        assert LONG in " ".join(line.strip() for line in screen(state, 80, 24).splitlines()).replace("Ctrl-C ends", "")
        assert "…" in screen(state, 80, 12)


class TestLargeScreens:
    def test_shares_losses_and_utterances_stand_beside_the_stream(self) -> None:
        events = [estimate(3000 + 250 * step, label="sad" if step < 6 else None) for step in range(8)]
        state = after(hello(), *events, gap(5000, 5600), health(5600, dropped=3), utterance(5600))
        shown = screen(state, 200, 50)
        assert state.shown_ms == {"sad": 1250, "": 500}
        for text in ("sad", "71%", "unsure", "29%", "1 gap, 0.6 s of sound lost", "3 events dropped"):
            assert text in shown
        assert "shown in 00:01 of speech" in shown
        assert "shown in 00:01 of speech" not in screen(state, 80, 24)
        assert "shown in 00:01 of speech" in screen(state, 80, 50)

    def test_narrow_ones_keep_the_losses(self) -> None:
        state = after(hello(), estimate(), health(3000, lost_ms=1234.0, dropped=56))
        shown = screen(state, 40, 12)
        assert "lost 1234 ms" in shown
        assert "dropped 56" in shown


class TestWithoutColours:
    def test_the_timeline_names_its_labels(self) -> None:
        events = [estimate(250 * step, label="angry" if step < 60 else "sad") for step in range(1, 100)]
        shown = screen(after(hello(), *events), 80, 24)
        line = next(line for line in shown.splitlines() if "angr" in line and "sad" in line)
        assert line.index("angr") < line.index("sad")

    def test_no_two_labels_share_a_letter(self) -> None:
        assert label_letters(LABELS) == {"angry": "a", "happy": "h", "neutral": "n", "sad": "s"}
        letters = label_letters(("sad", "surprised", "disgust", "angry", "calm"))
        assert len(set(letters.values())) == 5


def test_a_picture_fetches_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    state = after(msgspec.structs.replace(hello(), source="<desk>"), estimate())
    said = save_picture(Screenful(state), ConsoleDimensions(80, 24), datetime(2026, 11, 28, 8, 2, 19))
    assert said == "saved as emostream-20261128-080219.svg"
    text = (tmp_path / "emostream-20261128-080219.svg").read_text(encoding="utf-8")
    ElementTree.fromstring(text)
    assert "url(http" not in text
    assert "cloudflare" not in text
    assert "ON" in text


def test_a_folder_that_takes_no_picture_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    moment = datetime(2026, 11, 28, 8, 2, 19)
    (tmp_path / "emostream-20261128-080219.svg").mkdir()
    assert "cannot be written" in save_picture(Screenful(after(hello())), ConsoleDimensions(80, 24), moment)
