"""A session with rows, recorded once: tests read it and change nothing."""

from dataclasses import dataclass
from pathlib import Path

import pytest

from emostream.audio import Samples
from emostream.events import Event
from emostream.sessions.manifest import Kept
from emostream.sessions.recorder import SessionRecorder
from tests.support.recorded_sessions import record
from tests.support.streams import Parts


@dataclass(frozen=True)
class Recorded:
    """A session's folder, who recorded it, and the events that were emitted meanwhile."""

    folder: Path
    recorder: SessionRecorder
    events: list[Event]


@pytest.fixture(scope="module")
def rows(parts: Parts, recording: Samples, tmp_path_factory: pytest.TempPathFactory) -> Recorded:
    folder = tmp_path_factory.mktemp("sessions") / "rows"
    return Recorded(folder, *record(folder, Kept.ROWS, parts, recording))
