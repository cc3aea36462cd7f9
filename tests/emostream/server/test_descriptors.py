"""The limit of open files and the limits of clients, in processes of their own: what is raised stays raised."""

import subprocess
import sys

import pytest

from emostream.server.config import Limits
from emostream.server.descriptors import RESERVED
from tests.support.processes import ROOT, environment

PROGRAM = """
import resource, sys
from emostream.server.config import Limits
from emostream.server.descriptors import fit_to_descriptors
soft, hard = int(sys.argv[1]), int(sys.argv[2])
resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
limits, line = fit_to_descriptors(Limits(clients=100))
print(resource.getrlimit(resource.RLIMIT_NOFILE)[0], limits.clients, limits.connections, line, sep="|")
"""
NEEDED = 100 + Limits().spare_connections + RESERVED


@pytest.mark.parametrize(
    ("soft", "hard", "now", "clients"),
    [(NEEDED, NEEDED, NEEDED, 100), (64, 256, NEEDED, 100), (64, 132, 132, 75), (34, 34, 34, 1)],
)
def test_the_soft_limit_is_raised_and_where_that_does_not_do_there_are_fewer_clients(
    soft: int, hard: int, now: int, clients: int
) -> None:
    command = [sys.executable, "-c", PROGRAM, str(soft), str(hard)]
    ended = subprocess.run(command, capture_output=True, text=True, env=environment({}), cwd=ROOT, check=True)
    raised, kept, connections, line = ended.stdout.strip().split("|")
    assert (int(raised), int(kept)) == (now, clients)
    assert int(connections) + RESERVED <= now
    assert (line == "None") == (clients == 100)
    if clients < 100:
        assert f"only {now} files may be open, so at most {clients} clients" in line
