import logging
import threading
from pathlib import Path

from emostream.commands.log_writer import DetachedHandler, write_to_file

PATIENCE_S = 30.0


def say(handler: DetachedHandler, message: str) -> None:
    handler.handle(logging.LogRecord("test", logging.INFO, __file__, 1, message, None, None))


def test_a_writer_that_is_stuck_holds_nobody_up_and_what_is_lost_is_said() -> None:
    stuck, free, written = threading.Event(), threading.Event(), []

    def write(text: str) -> None:
        stuck.set()
        free.wait(PATIENCE_S)
        written.append(text)

    handler = DetachedHandler(write, capacity=3)
    say(handler, "first")
    assert stuck.wait(PATIENCE_S)
    for number in range(10):  # each would wait for ever
        say(handler, str(number))
    free.set()
    handler.close()
    assert "".join(written) == "first\n(7 lines of the log were lost before these)\n7\n8\n9\n"


def test_lines_wait_while_they_are_held() -> None:
    written: list[str] = []
    handler = DetachedHandler(written.append)
    handler.hold(True)
    say(handler, "one")
    say(handler, "two")
    assert written == []
    handler.close()
    assert written == ["one\ntwo\n"]


def test_a_disk_that_is_full_ends_nothing() -> None:
    came, written = threading.Semaphore(0), []

    def write(text: str) -> None:
        came.release()
        if text == "one\n":
            raise OSError(28, "No space left on device")
        written.append(text)

    handler = DetachedHandler(write)
    say(handler, "one")
    assert came.acquire(timeout=PATIENCE_S)
    say(handler, "two")
    handler.close()
    assert written == ["two\n"]


def test_the_file_is_the_users_alone_and_may_be_moved_away(tmp_path: Path) -> None:
    path = tmp_path / "emostream.log"
    write = write_to_file(path)
    write("before\n")
    path.rename(tmp_path / "emostream.log.1")
    write("after ü\udce9\n")
    assert (tmp_path / "emostream.log.1").read_text() == "before\n"
    assert path.read_text() == "after ü\\udce9\n"
    assert path.stat().st_mode & 0o777 == 0o600
