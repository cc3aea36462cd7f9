"""A fit's epochs as TensorBoard reads them: ``tensorboard --logdir RUN``."""

from pathlib import Path
from types import TracebackType

import msgspec
from tensorboardX import SummaryWriter

from emostream_trainer.runs import EpochRecord


class EventLog:
    """Scalars of each epoch, in an event file of this process in ``folder``: objective, its parts, either side."""

    def __init__(self, folder: Path) -> None:
        self._writer = SummaryWriter(str(folder))

    def __enter__(self) -> "EventLog":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._writer.close()

    def write(self, epoch: int, record: EpochRecord) -> None:
        """Write the record of an epoch, counted from 1."""
        self._writer.add_scalar("objective/mean", record.objective, epoch)
        for name, value in record.parts.items():
            self._writer.add_scalar(f"objective/{name}", value, epoch)
        for side in ("training", "validation"):
            figures = getattr(record, side)
            for measure, value in (msgspec.structs.asdict(figures) if figures else {}).items():
                self._writer.add_scalar(f"{measure}/{side}", value, epoch)
        self._writer.flush()
