"""Models that are changed while they run: read beside the running ones, and taken where they are well."""

import logging
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from emostream.errors import EmostreamError
from emostream.inference.verification import verify
from emostream.pipeline.factory import StreamFactory
from emostream.pipeline.stream import EmotionStream

LOOK_EVERY_S = 2.0

Signature = tuple[tuple[str, int, int, int], ...]

_logger = logging.getLogger(__name__)


class ModelWatch:
    """Gives a stream of other models when ``paths`` (files, or folders of them) change, or ``reload`` is called.

    ``load`` and ``make_stream`` run in a thread of their own; what they raise is logged, and the models of before go
    on. Files are read when two looks in a row found them the same, so that none is read while it is written. ``clock``
    gives seconds.
    """

    def __init__(
        self,
        paths: Sequence[Path],
        load: Callable[[], StreamFactory],
        make_stream: Callable[[StreamFactory], EmotionStream],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._paths = paths
        self._load = load
        self._make_stream = make_stream
        self._clock = clock
        self._read = self._seen = self._signature()
        self._looked_s = clock()
        self._is_asked = False
        self._ready: EmotionStream | None = None
        self._loading: threading.Thread | None = None

    def reload(self) -> None:
        """Read the files anew at the next ``take``, changed or not; from any thread or signal handler."""
        self._is_asked = True

    def take(self) -> EmotionStream | None:
        """The new stream, once, if there is one; to be called often."""
        if self._clock() - self._looked_s >= LOOK_EVERY_S or self._is_asked:
            self._look()
        ready, self._ready = self._ready, None
        return ready

    def _look(self) -> None:
        self._looked_s = self._clock()
        if self._loading is not None and self._loading.is_alive():
            return
        before, self._seen = self._seen, self._signature()
        has_settled = self._seen == before and self._seen != self._read
        if has_settled or self._is_asked:
            self._is_asked, self._read = False, self._seen
            self._loading = threading.Thread(target=self._prepare, name="models", daemon=True)
            self._loading.start()

    def _prepare(self) -> None:
        try:
            factory = self._load()
            for model in factory.models:
                verify(model)
            self._ready = self._make_stream(factory)
        except EmostreamError as error:
            _logger.warning("the models of before go on: %s", error)
        except Exception:
            _logger.exception("the models of before go on")

    def _signature(self) -> Signature:
        found = []
        for path in self._paths:
            for file in sorted(path.glob("*.onnx")) if path.is_dir() else [path]:
                try:
                    status = file.stat()
                except OSError:  # while it is replaced
                    continue
                found.append((str(file), status.st_mtime_ns, status.st_ino, status.st_size))
        return tuple(found)
