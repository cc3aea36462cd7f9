"""A source's blocks without those of a pause: nothing that was captured in it goes any further."""

from collections.abc import Iterable, Iterator
from dataclasses import replace

import numpy as np

from emostream.audio import AudioBlock
from emostream.pause import PauseSwitch


def unpaused_blocks(blocks: Iterable[AudioBlock], switch: PauseSwitch) -> Iterator[AudioBlock]:
    """The blocks that come while nothing is paused, and an empty one in the place of each other one.

    The first block behind a pause counts in ``paused_samples`` what was left out, so that the sample axis stays true.
    Whatever gives the blocks is read on: what a pipe or a file held would else be read after the pause.
    """
    lost = paused = 0
    given_to: int | None = None
    for block in blocks:
        if given_to is None:
            given_to = block.first_sample - block.lost_samples - block.paused_samples
        lost += block.lost_samples
        paused += block.paused_samples
        if switch.paused:
            paused += len(block.samples)
            nothing = np.zeros(0, np.float32)
            yield AudioBlock(nothing, block.sample_rate_hz, given_to, arrived_s=block.arrived_s)
        elif len(block.samples) or not (lost or paused):
            yield replace(block, lost_samples=lost, paused_samples=paused)
            given_to = block.first_sample + len(block.samples)
            lost = paused = 0
        else:  # no sound has come since the pause: its place on the axis would be that of the sound before it
            yield replace(block, first_sample=given_to, lost_samples=0, paused_samples=0)
