"""The recorder: a sink that keeps a live stream's events in a folder, and beside them what its networks saw or gave."""

import contextlib
import logging
import shutil
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import numpy as np

from emostream.errors import SessionError
from emostream.events import Event, Hello, Utterance
from emostream.features.arrays import Rows
from emostream.inference.model import EmotionModel
from emostream.sessions.event_file import EVENTS, EventWriter
from emostream.sessions.manifest import (
    Ended,
    Kept,
    RecordedModel,
    RecordedStream,
    new_manifest,
    write_manifest,
)
from emostream.sessions.observer import Observations, Observed, OpenedStream, SessionObserver
from emostream.sessions.parts import (
    PARTS,
    ChangeRecord,
    Part,
    Piece,
    StepRecord,
    UtteranceSummary,
    write_part,
)
from emostream.sessions.row_codec import can_be_kept, encode_rows

# What a killed process loses at most: of events, and of rows and summaries.
FLUSH_S, PART_S = 1.0, 30.0
_MODE = 0o700

_logger = logging.getLogger(__name__)


@dataclass
class _PieceRecords:
    """A piece that is being collected: its items, and the rows of each spec."""

    first: Observed
    items: list[StepRecord | ChangeRecord] = field(default_factory=list)
    rows: list[tuple[Rows, ...]] = field(default_factory=list)


class SessionRecorder:
    """Keeps a session in a new folder; put a ``DetachedSink`` in front of it.

    A disk that takes no more ends the recording: ``failure`` says why, ``on_failed`` is called once, what was written
    stays as it is, and what comes later counts as dropped.
    """

    def __init__(
        self,
        folder: Path,
        kept: Kept,
        *,
        source: str,
        models: Sequence[EmotionModel],
        program: str,
        on_failed: Callable[[], None] = lambda: None,
    ) -> None:
        """Makes the folder, to record what ``models`` of a ``program`` read from a source, by its name.

        Raises ``SessionError`` for a folder that is there or cannot be made, and for models whose rows are sound.
        """
        _require_no_sound(models, kept)
        self.folder = folder
        self.name = f"session {folder}"
        self.kept = kept
        self.dropped_events = 0
        self.failure: str | None = None
        self.seconds, self.utterances, self.size_bytes = 0.0, 0, 0
        self._on_failed = on_failed
        self._lock = threading.Lock()
        self._observations = Observations()
        self._pieces: list[_PieceRecords] = []
        self._summaries: list[UtteranceSummary] = []
        self._parts = 0
        self._stream_ended_s = self._stream_s = 0.0
        self._flushed_s, self._part_s = -FLUSH_S, time.monotonic()  # the first event is there at once
        self._is_closed = False
        self._manifest = new_manifest(program, _now(), source, kept)
        self._events = self._create()

    @property
    def lost_steps(self) -> int:
        """Steps and summaries for which there was no room in memory."""
        return self._observations.lost

    def observer(self, models: Sequence[EmotionModel]) -> SessionObserver:
        """What looks on at a stream of these models. Raises ``SessionError`` where their rows are sound."""
        _require_no_sound(models, self.kept)
        return SessionObserver(self._observations, models, self.kept)

    def emit(self, event: Event) -> None:
        """Take an event, and what was observed before it; never raises."""
        with self._lock:
            if self._is_closed or self.failure is not None:
                self.dropped_events += 1
                return
            try:
                self._take_observations()
                self._events.push(event)
                self._count(event)
                self._write_what_is_due()
            except OSError as error:
                self._fail(error)

    def close(self) -> None:
        """Finishes the files. While a write goes on in another thread nothing is done: that disk hangs."""
        if not self._lock.acquire(blocking=False):
            return
        try:
            if self._is_closed:
                return
            self._is_closed = True
            self._observations.is_open = False
            if self.failure is None:
                self._finish()
            self._events.close()
        finally:
            self._lock.release()

    def _create(self) -> EventWriter:
        try:
            self.folder.mkdir(mode=_MODE, parents=True)
        except FileExistsError as error:
            raise SessionError(
                f"{self.folder} is there already, and a session is never overwritten: name a folder that is not"
            ) from error
        except OSError as error:
            raise _not_writable(self.folder, error) from error
        try:
            (self.folder / PARTS).mkdir(mode=_MODE)
            write_manifest(self.folder, self._manifest)
            return EventWriter(self.folder / EVENTS)
        except OSError as error:
            shutil.rmtree(self.folder, ignore_errors=True)
            raise _not_writable(self.folder, error) from error

    def _take_observations(self) -> None:
        while (observation := self._observations.take()) is not None:
            match observation:
                case OpenedStream():
                    self._open_stream(observation)
                case UtteranceSummary():
                    self._summaries.append(observation)
                case Observed():
                    self._collect(observation)

    def _open_stream(self, opened: OpenedStream) -> None:
        card = opened.models[0].card
        specs = {model.card.features.fingerprint(): model.card.features for model in opened.models}
        stream = RecordedStream(
            began=_now(),
            labels=card.labels,
            window_ms=card.window_ms,
            step_ms=card.step_ms,
            shortest_window_ms=card.shortest_window_ms,
            models=tuple(RecordedModel.of(model) for model in opened.models),
            specs=tuple(specs.values()),
        )
        self._manifest = msgspec.structs.replace(self._manifest, streams=(*self._manifest.streams, stream))
        write_manifest(self.folder, self._manifest)

    def _collect(self, observed: Observed) -> None:
        last = self._pieces[-1].first if self._pieces else None
        if last is None or (last.stream, last.segment) != (observed.stream, observed.segment):
            self._pieces.append(_PieceRecords(observed))
        piece = self._pieces[-1]
        piece.items.append(observed.item)
        if observed.rows:
            piece.rows.append(observed.rows)

    def _count(self, event: Event) -> None:
        self.utterances += isinstance(event, Utterance)
        if isinstance(event, Hello):
            self._stream_ended_s, self._stream_s = self.seconds, 0.0
        self._stream_s = max(self._stream_s, event.t_end_ms / 1000)
        self.seconds = self._stream_ended_s + self._stream_s

    def _write_what_is_due(self) -> None:
        now_s = time.monotonic()
        # By the clock of the machine, and of the audio where that comes faster.
        steps = sum(len(piece.items) for piece in self._pieces)
        step_s = self._manifest.streams[-1].step_ms / 1000 if self._manifest.streams else 1.0
        is_part_due = now_s - self._part_s >= PART_S or steps * step_s >= PART_S
        if is_part_due or now_s - self._flushed_s >= FLUSH_S:
            self._flushed_s = now_s
            self._events.flush()
        if is_part_due:
            self._part_s = now_s
            self._write_part()
            self._events.sync()

    def _write_part(self) -> None:
        if not self._pieces and not self._summaries:
            return
        pieces, self._pieces = self._pieces, []
        summaries, self._summaries = self._summaries, []
        part = Part(pieces=tuple(map(self._coded, pieces)), summaries=tuple(summaries))
        self.size_bytes += write_part(self.folder, self._parts, part)
        self._parts += 1

    def _coded(self, piece: _PieceRecords) -> Piece:
        first = piece.first
        specs = self._manifest.streams[first.stream].specs
        of_specs = zip(*piece.rows, strict=True)  # none where the networks were not asked
        coded = [encode_rows(np.concatenate(rows), spec) for spec, rows in zip(specs, of_specs, strict=False)]
        return Piece(
            stream=first.stream,
            segment=first.segment,
            start_ms=first.start_ms,
            items=tuple(piece.items),
            rows=tuple(coded),
        )

    def _finish(self) -> None:
        try:
            self._take_observations()
            self._write_part()
            self._events.finish()
            self._end("")
        except OSError as error:
            self._fail(error)

    def _fail(self, error: OSError) -> None:
        self.failure = error.strerror or str(error)
        self.dropped_events += 1
        self._observations.is_open = False
        self._pieces, self._summaries = [], []
        _logger.warning(
            "%s takes no more (%s): the recording has ended, and what was written before is kept",
            self.name,
            self.failure,
        )
        with contextlib.suppress(OSError):  # the manifest of before says as much: that it did not end in order
            self._end(self.failure)
        self._on_failed()

    def _end(self, reason: str) -> None:
        self.size_bytes += self._events.size
        ended = Ended(
            at=_now(),
            reason=reason,
            seconds=round(self.seconds, 3),
            utterances=self.utterances,
            size_bytes=self.size_bytes,
            lost_events=self.dropped_events,
            lost_steps=self.lost_steps,
        )
        self._manifest = msgspec.structs.replace(self._manifest, ended=ended)
        write_manifest(self.folder, self._manifest)


def _require_no_sound(models: Sequence[EmotionModel], kept: Kept) -> None:
    for model in models:
        if kept is Kept.ROWS and not can_be_kept(model.card.features):
            raise SessionError(
                f"{model.card.name} reads the samples themselves: its rows would be the sound, which a session does "
                "not keep; record summaries, or name another model with --model"
            )


def _not_writable(folder: Path, error: OSError) -> SessionError:
    return SessionError(f"{folder} cannot be written ({error.strerror}): expected a place for a new folder")


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
