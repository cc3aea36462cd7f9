"""``emostream serve`` on a terminal: the page is opened, and the end is said."""

import os
from pathlib import Path

from tests.support.processes import COMMAND
from tests.support.terminal import Terminal


def test_it_opens_the_page_and_says_goodbye(tmp_path: Path) -> None:
    browser = tmp_path / "browser"
    browser.write_text(f'#!/bin/sh\necho "$1" > {tmp_path}/opened\n')
    browser.chmod(0o755)
    with Terminal(100, 30, {"BROWSER": f"{browser} %s", "PATH": os.environ["PATH"]}) as terminal:
        terminal.type(f"{' '.join([*COMMAND, 'serve', '--open', '--port', '0'])}; echo code=$?", "Enter")
        terminal.wait_for("the widget is at http://127.0.0.1:")
        terminal.type("C-c")
        terminal.wait_for("emostream: ended after 00:", "code=130")
    assert (tmp_path / "opened").read_text().startswith("http://127.0.0.1:")
