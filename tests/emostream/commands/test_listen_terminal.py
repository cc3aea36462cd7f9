"""``emostream listen`` on a terminal."""

import os
from pathlib import Path

from emostream.assets import DEMO_RECORDING
from emostream.events import Hello
from tests.support.processes import COMMAND, NOWHERE, ROOT, file_events
from tests.support.streams import of_type
from tests.support.terminal import Terminal

PACKAGES = tuple(ROOT / folder for folder in ("streamer", "trainer", "export"))


def test_on_a_terminal_there_is_a_dashboard_and_ctrl_c_gives_the_screen_back(model_arguments: list[str]) -> None:
    labels = of_type(file_events(DEMO_RECORDING, model_arguments), Hello)[0].labels
    with Terminal(100, 30, {"PULSE_SERVER": NOWHERE}) as terminal:
        command = " ".join([*COMMAND, "listen", "--or-demo", *model_arguments])
        terminal.type(f"{command}; echo code=$?", "Enter")
        screen = terminal.wait_for("ON AIR", "a voice is being read", "00:00.9 – 00:0", "q ends")
        assert terminal.says("alternate_on") == "1"
        assert all(f"  {label} " in screen for label in labels)
        assert f"{DEMO_RECORDING}" in screen
        assert "Traceback" not in screen
        terminal.type("C-c")
        screen = terminal.wait_for("code=130")
        assert terminal.says("alternate_on") == "0"
        assert terminal.says("cursor_flag") == "1"
        assert "ON AIR" not in screen
        assert "playing the bundled recording instead" in screen.replace("\n", "")
        assert " heard, 1 utterance" in screen or " heard, 2 utterances" in screen
        terminal.type("echo typed", "Enter")
        terminal.wait_for("\ntyped\n")  # the terminal echoes again, and obeys


def test_keys_pause_help_save_and_end(model_arguments: list[str], tmp_path: Path) -> None:
    with Terminal(100, 30, {"PULSE_SERVER": NOWHERE, "PYTHONPATH": os.pathsep.join(map(str, PACKAGES))}) as terminal:
        command = " ".join([*COMMAND, "listen", "--or-demo", *model_arguments])
        terminal.type(f"cd {tmp_path}; {command}; echo code=$?", "Enter")
        terminal.wait_for("ON AIR", "? help · q ends")
        terminal.type("Space")
        terminal.wait_for("PAUSED")
        terminal.type("Space")
        terminal.wait_for("ON AIR")
        terminal.type("?")
        terminal.wait_for("save the screen as a picture")
        terminal.type("Escape")
        terminal.wait_for("agreement")
        terminal.type("s")
        terminal.wait_for("saved as emostream-")
        terminal.type("q")
        terminal.wait_for("code=0")
        assert terminal.says("alternate_on") == "0"
        terminal.type("echo typed", "Enter")
        terminal.wait_for("\ntyped\n")
    (picture,) = tmp_path.glob("emostream-*.svg")
    assert "http://www.w3.org/2000/svg" in picture.read_text(encoding="utf-8")
