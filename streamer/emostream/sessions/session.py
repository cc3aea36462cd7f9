"""A recorded session as it is read: its events, and its steps for models that shall judge them anew."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from pathlib import Path

import numpy as np

from emostream.errors import SessionError
from emostream.events import AnyEvent
from emostream.features.arrays import Rows
from emostream.features.spec import FeatureSpec
from emostream.features.windows import FeatureWindow
from emostream.inference.card import ModelCard
from emostream.inference.step import Step
from emostream.inference.vad import SpeechChange
from emostream.sessions.event_file import EVENTS, read_events
from emostream.sessions.manifest import Kept, Manifest, RecordedStream, read_manifest
from emostream.sessions.parts import Piece, StepRecord, UtteranceSummary, read_parts
from emostream.sessions.row_codec import decode_rows


@dataclass(frozen=True)
class RecordedSegment:
    """The items of one segment, as a stream cuts them, whose samples count from ``start_ms`` of the ``stream``-th one.

    Steps at which the recording's own models were not asked have no windows. ``items`` are read while one goes on.
    """

    stream: int
    start_ms: float
    items: Iterator[SpeechChange | Step]


@dataclass(frozen=True)
class Session:
    """A session in ``folder``. Raises ``SessionError`` for one that cannot be read."""

    folder: Path
    manifest: Manifest

    @classmethod
    def open(cls, folder: Path) -> "Session":
        """The session in a folder."""
        return cls(folder, read_manifest(folder))

    def events(self) -> Iterator[AnyEvent]:
        """The events as they were emitted, in order."""
        return read_events(self.folder / EVENTS)

    def summaries(self) -> Iterator[UtteranceSummary]:
        """The mean summaries of its utterances, in order; none where the session keeps none."""
        return (summary for part in read_parts(self.folder) for summary in part.summaries)

    def offset_ms(self, stream: int) -> float:
        """How long after the session's first stream another one began, by the wall clock."""
        first, begun = (datetime.fromisoformat(self.manifest.streams[index].began) for index in (0, stream))
        return 1000 * (begun - first).total_seconds()

    def segments(self, cards: Sequence[ModelCard]) -> Iterator[RecordedSegment]:
        """All segments in order, with windows for models with these cards.

        Raises ``SessionError`` for a session without rows, or without those that the models read.
        """
        if self.manifest.kept is not Kept.ROWS:
            raise SessionError(
                f"{self.folder} holds no rows for a model to read (it keeps {self.manifest.kept.value}): record with "
                "'--keep rows', and read there what can be heard from them"
            )
        for recorded in self.manifest.streams:
            self._require_rows(recorded, cards)
        pieces = (piece for part in read_parts(self.folder) for piece in part.pieces)
        for (stream, _, start_ms), of_segment in groupby(
            pieces, lambda piece: (piece.stream, piece.segment, piece.start_ms)
        ):
            items = self._items(self.manifest.streams[stream].specs, of_segment, cards)
            yield RecordedSegment(stream, start_ms, items)
            for _ in items:  # what whoever reads has left
                pass

    def _require_rows(self, stream: RecordedStream, cards: Sequence[ModelCard]) -> None:
        kept = {spec.fingerprint() for spec in stream.specs}
        recorded = (stream.window_ms, stream.step_ms, stream.shortest_window_ms)
        for card in cards:
            wanted = (card.window_ms, card.step_ms, card.shortest_window_ms)
            if wanted != recorded:
                raise SessionError(
                    f"{card.name} wants windows, steps and shortest windows of {wanted} ms, {self.folder} was recorded "
                    f"with {recorded}: name a model of the same kind"
                )
            if card.features.fingerprint() not in kept:
                read_by = ", ".join(dict.fromkeys(model.name for model in stream.models))
                raise SessionError(
                    f"{card.name} reads other rows than {self.folder} holds, which are those of {read_by}: record with "
                    "--model for each model whose rows shall be kept"
                )

    def _items(
        self, specs: Sequence[FeatureSpec], pieces: Iterator[Piece], cards: Sequence[ModelCard]
    ) -> Iterator[SpeechChange | Step]:
        windows = _KeptWindows(specs, cards)
        for piece in pieces:
            rows = self._rows(piece)
            for item in piece.items:
                if not isinstance(item, StepRecord):
                    yield SpeechChange(item.speaking, item.at_sample, item.known_at)
                    continue
                if item.new_rows is not None:
                    windows.push([next(new) for new in rows])
                yield Step(
                    end_sample=item.end_sample,
                    windows=() if item.new_rows is None else windows.that_end_at(item.end_sample),
                    window_speech_samples=item.window_speech_samples,
                    speech_samples=item.speech_samples,
                    speaking=item.speaking,
                    level_dbfs=item.level_dbfs,
                )

    def _rows(self, piece: Piece) -> list[Iterator[Rows]]:
        """For each spec the new rows of one step after the other."""
        counts = [item.new_rows for item in piece.items if isinstance(item, StepRecord) and item.new_rows is not None]
        specs = self.manifest.streams[piece.stream].specs
        try:
            return [
                iter(np.split(decode_rows(coded, spec), np.cumsum(new)))
                for coded, spec, new in zip(piece.rows, specs, zip(*counts, strict=True), strict=bool(counts))
            ]
        except ValueError as error:
            raise SessionError(f"{self.folder} has damaged rows: {error}; take it from a copy") from error


class _KeptWindows:
    """The windows of models from the rows that steps bring: what a step needs is there when it comes."""

    def __init__(self, specs: Sequence[FeatureSpec], cards: Sequence[ModelCard]) -> None:
        places = {spec.fingerprint(): place for place, spec in enumerate(specs)}
        self._place_of_card = [places[card.features.fingerprint()] for card in cards]
        self._grids = [card.grid() for card in cards]
        self._rows: list[Rows] = [np.zeros((0, spec.dim), np.float32) for spec in specs]

    def push(self, new: Sequence[Rows]) -> None:
        """The rows that a step adds, of each spec."""
        self._rows = [np.concatenate([rows, more]) for rows, more in zip(self._rows, new, strict=True)]
        for place, grid in zip(self._place_of_card, self._grids, strict=True):
            self._rows[place] = self._rows[place][-grid.rows :]

    def that_end_at(self, end_sample: int) -> tuple[FeatureWindow, ...]:
        """Each model's window, which ends with the latest row."""
        windows = []
        for place, grid in zip(self._place_of_card, self._grids, strict=True):
            start, stop = grid.row_span(end_sample)
            windows.append(FeatureWindow(end_sample, self._rows[place][start - stop :]))
        return tuple(windows)
