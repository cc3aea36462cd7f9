"""The processes of a cluster, by Ray Data: rows are recordings, and an actor for each core reads blocks of them."""

import logging
import os
import pickle
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from emostream.archive.results import OnProgress, ReadFile, ReadUnit, Result, results_of
from emostream.archive.source import Source, Unit, units_of
from emostream.batch.workers import Workers
from emostream.errors import EmostreamError, UnavailableError
from emostream.pipeline.factory import StreamFactory

# Ray counts who uses it, and a dashboard listens on a port, unless they are told not to.
_OFF = {"RAY_USAGE_STATS_ENABLED": "0", "RAY_BACKEND_LOG_LEVEL": "fatal", "RAY_DATA_DISABLE_PROGRESS_BARS": "1"}


class RayEngine:
    """The cores of a Ray cluster at ``address``; of one that was found, or started on this machine, where it is None.

    Each machine of it needs an emostream of the same version, the models where they are here, and the recordings.
    """

    def __init__(self, address: str | None, load: Callable[[], StreamFactory], read_unit: ReadUnit) -> None:
        self._address = address
        self._load = load
        self._read_unit = read_unit

    def read(self, sources: Sequence[Source], on_progress: OnProgress) -> Iterator[list[Result]]:
        """As ``Engine.read``. Raises ``UnavailableError`` without a cluster, ``EmostreamError`` where it gives up."""
        os.environ.update(_OFF)
        import ray
        import ray.data
        from ray.exceptions import RayError

        for name in ("ray", "ray.data"):
            logging.getLogger(name).setLevel(logging.ERROR)
        self._connect(ray)
        try:
            resources: dict[str, float] = ray.cluster_resources()  # type: ignore[no-untyped-call]
            yield from self._results(ray.data, sources, max(1, int(resources.get("CPU", 1))), on_progress)
        except RayError as error:
            raise EmostreamError(f"the cluster cannot go on: {_last_line(error)}; the same command goes on") from error
        finally:
            ray.shutdown()

    def _connect(self, ray: Any) -> None:
        options = {"log_to_driver": False, "logging_level": logging.ERROR}
        try:
            if self._address or os.environ.get("RAY_ADDRESS"):
                ray.init(address=self._address, **options)
            else:
                ray.init(include_dashboard=False, **options)
        except (ConnectionError, RuntimeError, ValueError) as error:
            where = self._address or os.environ.get("RAY_ADDRESS") or "this machine"
            raise UnavailableError(
                f"no Ray cluster at {where} ({_last_line(error)}): expected one that 'ray start' began, such as "
                "--cluster 10.0.0.1:6379"
            ) from error

    def _results(self, data: Any, cores: int, units: Sequence[Unit], on_progress: OnProgress) -> Iterator[list[Result]]:
        import pyarrow

        context = data.DataContext.get_current()
        context.enable_progress_bars = False
        # A block for each unit: a task is a unit, and an actor that ends has its task done again by another.
        units = units_of(sources, cores)
        blocks = [
            pyarrow.table(
                {"file": [source.key for source in unit.sources], "source": list(map(pickle.dumps, unit.sources))}
            )
            for unit in units
        ]
        results = data.from_arrow(blocks).map_batches(
            _Reader,
            fn_constructor_args=(self._load, self._read_unit),
            batch_size=None,
            num_cpus=1,
            compute=data.ActorPoolStrategy(size=min(cores, len(units)), max_tasks_in_flight_per_actor=2),
        )
        for batch in results.iter_batches(batch_size=None, prefetch_batches=0):
            for pickled in batch["results"]:
                found: list[Result] = pickle.loads(pickled)
                yield found
                on_progress(sum(result.overview.seconds for result in found if isinstance(result, ReadFile)))


class _Reader:
    """An actor. The models are in a process of its own, which may end over a recording without ending the actor."""

    def __init__(self, load: Callable[[], StreamFactory], read_unit: ReadUnit) -> None:
        self._workers: Workers[StreamFactory, Unit, list[Result]] = Workers(1, load, read_unit)

    def __call__(self, batch: dict[str, Any]) -> dict[str, Any]:
        """The results of the recordings of a block, pickled."""
        sources: list[Source] = [pickle.loads(pickled) for pickled in batch["source"]]
        results = [
            result for some in results_of(self._workers, [Unit(tuple(sources))], lambda _: None) for result in some
        ]
        return {"results": np.array([pickle.dumps(results)], object)}


def _last_line(error: Exception) -> str:
    """What an error of Ray says at its end, behind the traces of its processes."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[-1] if lines else type(error).__name__
