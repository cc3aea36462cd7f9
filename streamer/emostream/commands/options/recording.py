"""The options by which a live command records a session, and what is said of it at its beginning and its end."""

import argparse
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import emostream
from emostream.commands.options.rules import refuse_without
from emostream.commands.settings import Settings
from emostream.commands.stderr import print_line
from emostream.errors import SessionError
from emostream.inference.model import EmotionModel
from emostream.pipeline.observer import StreamObserver
from emostream.sessions.manifest import Kept
from emostream.sessions.recorder import SessionRecorder
from emostream.sinks import Sink
from emostream.sinks.detached import DetachedSink
from emostream.sinks.drawing import clock

# A disk may take long to have the last half minute.
CLOSE_TIMEOUT_S = 10.0
KEPT = tuple(kept.value for kept in Kept)
SESSION_HELP = "the folder to make; %%Y-%%m-%%d and the like stand for the time at which it begins, as in strftime"
KEEP_HELP = (
    "beside the events: nothing (events), the networks' mean summary of each utterance, which tells the voice and "
    "which of some sentences was said (summaries), or the feature rows, which other models can judge and from which "
    "speech can be made audible again (rows; default: %(default)s)"
)
_SAID = {
    Kept.EVENTS: "its events alone, of which no sound can be made; a megabyte an hour",
    Kept.SUMMARIES: "its events and summaries; no sound, but they tell the voice, and which of some sentences was said",
    Kept.ROWS: "its events and rows, from which speech can be made audible again; up to 19 MB an hour",
}


@dataclass(frozen=True)
class Recording:
    """A session that is being recorded: the ``sink`` of its events, and what looks on at streams."""

    sink: Sink
    recorder: SessionRecorder

    def observer(self, models: Sequence[EmotionModel]) -> StreamObserver:
        """What looks on at a stream of these models. Raises ``SessionError`` where their rows would be sound."""
        return self.recorder.observer(models)

    def require_whole(self) -> None:
        """Raise ``SessionError`` where the recording ended before its time."""
        if self.recorder.failure is not None:
            raise SessionError(_ended_early(self.recorder))


def add_recording_arguments(parser: argparse.ArgumentParser, settings: Settings) -> None:
    """The options of every live command."""
    group = parser.add_argument_group("a recording without sound")
    settings.add_option(group, "--record", kind=Path, metavar="SESSION", help=f"record the session: {SESSION_HELP}")
    add_keep_argument(group, settings, "--record-keep")


def add_keep_argument(parser: argparse._ActionsContainer, settings: Settings, flag: str) -> None:
    """What a recording keeps; the setting has one name for all commands."""
    default = settings.get("record_keep", Kept.EVENTS.value, str, KEPT)
    parser.add_argument(flag, dest="record_keep", choices=KEPT, default=default, help=KEEP_HELP)


def open_recording(
    arguments: argparse.Namespace,
    source: str,
    models: Sequence[EmotionModel],
    stack: ExitStack,
    on_failed: Callable[[], None] = lambda: None,
) -> Recording | None:
    """The recording of what ``models`` read from a source, by its name, or None; closed with ``stack``.

    What is kept is said now, and how much it came to at the end. ``on_failed`` is called once the disk takes no more.
    Raises ``UsageError`` and ``SessionError``.
    """
    if not arguments.record:
        refuse_without(arguments, ("record_keep",), "--record")
        return None
    kept = Kept(arguments.record_keep)
    recorder = SessionRecorder(
        _named(arguments.record),
        kept,
        source=source,
        models=models,
        program=f"emostream {emostream.__version__}",
        on_failed=on_failed,
    )
    print_line(f"recording to {recorder.folder}: {_SAID[kept]}")
    sink = DetachedSink(recorder, close_timeout_s=CLOSE_TIMEOUT_S)
    stack.callback(_say_what_came_of_it, recorder)
    stack.callback(sink.close)
    return Recording(sink, recorder)


def _named(path: Path) -> Path:
    """The path with what stands for the time filled in."""
    return Path(datetime.now().strftime(str(path))) if "%" in str(path) else path


def _say_what_came_of_it(recorder: SessionRecorder) -> None:
    if recorder.failure is not None:
        print_line(_ended_early(recorder))
        return
    megabytes = recorder.size_bytes / 1e6
    words = [
        f"{recorder.folder}: {clock(1000 * recorder.seconds)[:-2]} recorded",
        f"{recorder.utterances} utterance{'' if recorder.utterances == 1 else 's'}",
        f"{megabytes:.2f} MB",
    ]
    if recorder.seconds:
        words.append(f"{megabytes / recorder.seconds * 3600:.1f} MB an hour")
    if recorder.dropped_events or recorder.lost_steps:
        words.append(f"{recorder.dropped_events} events and {recorder.lost_steps} steps lost")
    print_line(", ".join(words))


def _ended_early(recorder: SessionRecorder) -> str:
    return (
        f"{recorder.folder} takes no more ({recorder.failure}): the recording ended after "
        f"{clock(1000 * recorder.seconds)[:-2]}, and what was written before is kept"
    )
