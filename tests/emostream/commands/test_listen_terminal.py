"""``emostream listen`` on a terminal."""

from emostream.assets import DEMO_RECORDING
from emostream.events import Hello
from tests.support.processes import COMMAND, NOWHERE, file_events
from tests.support.streams import of_type
from tests.support.terminal import Terminal


def test_on_a_terminal_there_is_a_dashboard_and_ctrl_c_gives_the_screen_back(model_arguments: list[str]) -> None:
    labels = of_type(file_events(DEMO_RECORDING, model_arguments), Hello)[0].labels
    with Terminal(100, 30, {"PULSE_SERVER": NOWHERE}) as terminal:
        command = " ".join([*COMMAND, "listen", "--or-demo", *model_arguments])
        terminal.type(f"{command}; echo code=$?", "Enter")
        screen = terminal.wait_for("ON AIR", "a voice is being read", "00:00.9 – 00:0", "Ctrl-C ends")
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
