"""Ray Data reads: rows are recordings, and an actor for each core reads blocks of them."""

import os
import pickle
import socket
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from emostream.archive.results import ReadUnit, Result, results_of
from emostream.archive.source import Source, Unit, units_of
from emostream.batch.workers import Workers
from emostream.errors import EmostreamError, UnavailableError
from emostream.pipeline.factory import StreamFactory

# Or Ray says to its makers who uses it.
_PRIVATE = {"RAY_USAGE_STATS_ENABLED": "0"}
# A cluster of this machine alone listens to this machine alone. It is named after the systems where that is so anyway.
_LOCAL = {"RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0"}
_CONNECT_S = 10.0


def drive(
    address: str | None, load: Callable[[], StreamFactory], read_unit: ReadUnit, sources: Sequence[Source]
) -> Iterator[list[Result]]:
    """The results as they come. Raises ``UnavailableError`` without a cluster, ``EmostreamError`` where it gives up."""
    os.environ.update(_PRIVATE)
    address = address or os.environ.get("RAY_ADDRESS")
    if not address:
        os.environ.update(_LOCAL)
    import ray
    import ray.data
    from ray.exceptions import RayError

    _connect(ray, address)
    try:
        resources: dict[str, float] = ray.cluster_resources()  # type: ignore[no-untyped-call]
        yield from _results(ray.data, load, read_unit, sources, max(1, int(resources.get("CPU", 1))))
    except RayError as error:
        raise EmostreamError(
            f"the Ray cluster gave up ({_last_line(error)}): mend that; the same command goes on where this one ended"
        ) from error
    finally:
        ray.shutdown()


def _connect(ray: Any, address: str | None) -> None:
    try:
        if address:
            _require_listener(address)
            ray.init(address=address, log_to_driver=False)
        else:
            ray.init(address="local", include_dashboard=False, log_to_driver=False)
    except (OSError, RuntimeError, ValueError) as error:
        raise UnavailableError(
            f"no Ray cluster at {address or 'this machine'} ({_last_line(error)}): expected one that 'ray start' "
            "began, such as --cluster 10.0.0.1:6379"
        ) from error


def _require_listener(address: str) -> None:
    """Raise ``OSError`` where nobody listens at ``host:port``: Ray itself tries that for minutes."""
    host, _, port = address.rpartition(":")
    if host and port.isdigit() and "/" not in host:
        socket.create_connection((host.strip("[]"), int(port)), _CONNECT_S).close()


def _results(
    data: Any, load: Callable[[], StreamFactory], read_unit: ReadUnit, sources: Sequence[Source], cores: int
) -> Iterator[list[Result]]:
    import pyarrow

    # A block for each unit: a task is a unit, and an actor that ends has its task done again by another.
    units = units_of(sources, cores)
    blocks = [
        pyarrow.table(
            {"file": [source.key for source in unit.sources], "source": list(map(pickle.dumps, unit.sources))}
        )
        for unit in units
    ]
    data.DataContext.get_current().enable_progress_bars = False
    results = data.from_arrow(blocks).map_batches(
        _Reader,
        fn_constructor_args=(load, read_unit),
        batch_size=None,
        num_cpus=1,
        compute=data.ActorPoolStrategy(size=min(cores, len(units)), max_tasks_in_flight_per_actor=2),
    )
    for batch in results.iter_batches(batch_size=None, prefetch_batches=0):
        for pickled in batch["results"]:
            found: list[Result] = pickle.loads(pickled)
            yield found


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
