"""A command that turns a lamp on or off: a GPIO line, a smart plug, a light at the door."""

import os
import shlex
import subprocess
from collections.abc import Sequence

from emostream.errors import UsageError
from emostream.sinks.lamp import LampError

# A command that goes on for longer holds its lamp: gpioset keeps a line for as long as it runs.
SETTLE_S = 2.0
END_TIMEOUT_S = 4.0


class LampCommand:
    """Runs ``words`` with ``{state}`` as ``on`` or ``off`` and ``{value}`` as 1 or 0, the state last where neither is.

    The state is also ``EMOSTREAM_LAMP`` in its environment. One that still runs when the state changes is ended
    (SIGTERM) before the next begins. It runs without a shell, and what it prints is discarded.
    """

    def __init__(self, words: Sequence[str], settle_s: float = SETTLE_S, end_timeout_s: float = END_TIMEOUT_S) -> None:
        self.name = f"lamp {words[0]}"
        self._words = words
        self._settle_s = settle_s
        self._end_timeout_s = end_timeout_s
        self._holding: subprocess.Popen[bytes] | None = None

    def show(self, on: bool) -> None:
        """Runs it, and returns when it ended or holds the lamp. Raises ``LampError``."""
        self.close()
        state, value = ("on", "1") if on else ("off", "0")
        words = [word.replace("{state}", state).replace("{value}", value) for word in self._words]
        if words == list(self._words):
            words.append(state)
        environment = {**os.environ, "EMOSTREAM_LAMP": state}
        nowhere = subprocess.DEVNULL
        try:
            command = subprocess.Popen(words, stdin=nowhere, stdout=nowhere, stderr=nowhere, env=environment)
        except OSError as error:
            raise LampError(f"{words[0]}: {error.strerror}") from error
        try:
            code = command.wait(self._settle_s)
        except subprocess.TimeoutExpired:
            self._holding = command
            return
        if code:
            raise LampError(f"{words[0]} ended with {code}")

    def close(self) -> None:
        """Ends a command that holds the lamp."""
        if self._holding is None:
            return
        self._holding.terminate()
        try:
            self._holding.wait(self._end_timeout_s)
        except subprocess.TimeoutExpired:
            self._holding.kill()
            self._holding.wait()
        self._holding = None


def words_of(text: str) -> list[str]:
    """The words of a command line. Raises ``UsageError``."""
    try:
        words = shlex.split(text)
    except ValueError as error:
        raise UsageError(f"found {text!r} for --lamp-command, whose quotes do not close") from error
    if not words:
        raise UsageError("found no command for --lamp-command, expected one such as 'gpioset GPIO17={value}'")
    return words
