"""Keys at the terminal, each as soon as it is pressed, without waiting for any."""

import os
import select
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

_MOST_BYTES = 64


@contextmanager
def pressed_keys() -> Iterator[Callable[[], str] | None]:
    """A function that gives the keys pressed since it was last called, none as an empty string.

    None where standard input is no terminal or this process is not in its foreground, and on Windows. Ctrl-C goes on to
    be a signal.
    """
    if sys.platform == "win32" or not sys.stdin.isatty():
        yield None
        return
    import termios
    import tty

    terminal = sys.stdin.fileno()
    if os.tcgetpgrp(terminal) != os.getpgrp():  # who reads or sets the terminal in the background is stopped
        yield None
        return
    before = termios.tcgetattr(terminal)

    def pressed() -> str:
        is_there = bool(select.select([terminal], [], [], 0)[0])
        return os.read(terminal, _MOST_BYTES).decode(errors="ignore") if is_there else ""

    tty.setcbreak(terminal)
    try:
        yield pressed
    finally:
        termios.tcsetattr(terminal, termios.TCSADRAIN, before)
