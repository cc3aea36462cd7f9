"""Logs of events as ``--log`` and ``--format jsonl`` write them, and sessions: their events, recording by recording."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import msgspec

from emostream.errors import NoInputError, SessionError
from emostream.events import AnyEvent, Hello, Summary, decode
from emostream.sessions.session import Session

_LONGEST_LINE = 1_000_000
# So many lines without an event at the beginning, and it is no log.
_LINES_TO_TRY = 100


def log_files(path: Path) -> list[Path]:
    """The file and those that it became when it was full (``path.1``, ``path.2`` …), the oldest first.

    Raises ``NoInputError`` where there is none.
    """
    older = {}
    for number in count(1):
        numbered = path.with_name(f"{path.name}.{number}")
        if not numbered.is_file():
            break
        older[number] = numbered
    if not path.is_file() and not older:
        raise NoInputError(
            f"{path} does not exist: expected a log of events, as `emostream listen --log` writes it, or the folder of "
            "a recorded session"
        )
    return [*reversed(older.values()), *([path] if path.is_file() else [])]


def log_events(path: Path) -> Iterator[AnyEvent | NoInputError]:
    """The events of a log with its older files; for each file with lines that are none, an error in the place of these.

    A last line without an end, which its writer was stopped in, is none either. A folder is a recorded session, in
    which an error stands for what is damaged. Raises ``NoInputError`` for what is neither or cannot be read.
    """
    if path.is_dir():
        yield from _session_events(path)
        return
    for file in log_files(path):
        try:
            yield from _file_events(file)
        except OSError as error:
            raise NoInputError(f"{file} cannot be read ({error.strerror}): expected a log of events") from error


def _session_events(folder: Path) -> Iterator[AnyEvent | NoInputError]:
    try:
        session = Session.open(folder)
    except SessionError as error:
        raise NoInputError(str(error)) from error
    try:
        yield from session.events()
    except SessionError as error:
        yield NoInputError(str(error))


def _file_events(path: Path) -> Iterator[AnyEvent | NoInputError]:
    n_events, wrong, first_wrong = 0, 0, ""
    with path.open("rb") as file:
        for number in count(1):
            line = file.readline(_LONGEST_LINE)
            if not line:
                break
            if not line.strip():
                continue
            try:
                event = decode(line)
            except msgspec.DecodeError as error:
                first_wrong = first_wrong or f"line {number} ({error})"
                wrong += 1
                if not n_events and wrong >= _LINES_TO_TRY:
                    break
                continue
            n_events += 1
            yield event
    if not n_events and wrong:
        raise NoInputError(
            f"{path} holds no events: expected JSON lines, as `emostream listen --log` or `emostream file --format "
            f"jsonl` write them; found {first_wrong}"
        )
    if wrong:
        yield NoInputError(
            f"{path}: {wrong} {'lines are' if wrong > 1 else 'line is'} no event and {'were' if wrong > 1 else 'was'} "
            f"left out: {first_wrong}"
        )


@dataclass(slots=True)
class _Recording:
    number: int
    hello: Hello
    last_seq: int
    is_over: bool = False
    is_repeated: bool = False


def log_recordings(path: Path) -> Iterator[tuple[int, AnyEvent] | NoInputError]:
    """Each event of a log with the number of its recording, from 0; errors as with ``log_events``.

    A recording begins with its ``hello``. A full log repeats that at the top of its next file, where the recording goes
    on. Those of several streams may stand in any order; of one stream the next begins where the one before is over.
    Events before the first ``hello`` of their stream cannot be read, and an error says how many there were.
    """
    of_stream: dict[str, _Recording] = {}
    numbers = count()
    unread = 0
    for event in log_events(path):
        if isinstance(event, NoInputError):
            yield event
            continue
        recording = of_stream.get(event.stream)
        if isinstance(event, Hello):
            if recording and not recording.is_over and event == recording.hello:
                recording.is_repeated = True
                continue
            recording = of_stream[event.stream] = _Recording(next(numbers), event, event.seq)
        elif recording is None:
            unread += 1
            continue
        elif recording.is_repeated and event.seq <= recording.last_seq:  # the same file was read once more
            recording = of_stream[event.stream] = _Recording(next(numbers), recording.hello, event.seq)
            yield recording.number, recording.hello
        recording.is_repeated = False
        recording.last_seq = event.seq
        recording.is_over = isinstance(event, Summary)
        yield recording.number, event
    if unread:
        yield NoInputError(
            f"{path}: {unread} events stand before any hello of their stream and were left out: expected the whole log"
        )
