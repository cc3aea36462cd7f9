"""Freed memory is used again by the next step in place of being fetched from the system anew."""

import subprocess
import sys

# Page faults of twenty blocks of 64 MiB, one after the other, each written and freed.
FAULTS = """
import resource
import numpy as np
{first}
np.ones(2**23)
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(20):
    np.ones(2**23)
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""
KEEP = "from emostream_trainer.training.allocator import keep_freed_memory; keep_freed_memory()"


def _faults(first: str) -> int:
    done = subprocess.run(
        [sys.executable, "-c", FAULTS.format(first=first)], capture_output=True, text=True, check=True
    )
    return int(done.stdout)


def test_blocks_are_fetched_from_the_system_once() -> None:
    assert _faults("") > 5 * _faults(KEEP)
