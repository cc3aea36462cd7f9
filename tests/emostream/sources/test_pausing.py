from collections.abc import Iterator

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from emostream.audio import AudioBlock
from emostream.pause import PauseSwitch
from emostream.sources.pausing import unpaused_blocks

HZ = 1000


def block(first_sample: int, count: int = 100, lost: int = 0, paused: int = 0) -> AudioBlock:
    samples = np.arange(first_sample, first_sample + count).astype(np.float32)
    return AudioBlock(samples, HZ, first_sample, lost, arrived_s=first_sample / HZ, paused_samples=paused)


def read(script: list[AudioBlock | str]) -> list[AudioBlock]:
    """The blocks that are given; a text in the script is a pause or its end."""
    switch = PauseSwitch()

    def blocks() -> Iterator[AudioBlock]:
        for line in script:
            if isinstance(line, AudioBlock):
                yield line
            else:
                (switch.pause if line == "pause" else switch.resume)("test")

    return list(unpaused_blocks(blocks(), switch))


def test_without_a_pause_all_is_as_it_was() -> None:
    script = [block(0), block(100), block(350, lost=150)]
    given_blocks = read([*script])
    assert [(one.first_sample, len(one.samples), one.lost_samples) for one in given_blocks] == [
        (0, 100, 0),
        (100, 100, 0),
        (350, 100, 150),
    ]


def test_a_pause_is_left_out_and_counted_before_the_next_block() -> None:
    given_blocks = read([block(0), "pause", block(100), block(200, count=50), "resume", block(250)])
    assert [(one.first_sample, len(one.samples), one.paused_samples, one.lost_samples) for one in given_blocks] == [
        (0, 100, 0, 0),
        (100, 0, 0, 0),
        (100, 0, 0, 0),
        (250, 100, 150, 0),
    ]


def test_what_was_lost_within_a_pause_and_around_it_stays_lost() -> None:
    given_blocks = read(["pause", block(0), block(150, lost=50), "resume", block(270, lost=20), block(370)])
    last = given_blocks[-2]
    assert (last.first_sample, last.paused_samples, last.lost_samples) == (270, 200, 70)


def test_empty_blocks_behind_a_pause_stand_where_the_sound_ended() -> None:
    """A device that opens again gives none at first: its own axis has moved on, and the gap comes with its sound."""
    given_blocks = read([block(0), "pause", block(100), "resume", block(200, count=0), block(300, lost=100)])
    assert [one.first_sample for one in given_blocks] == [0, 100, 100, 300]
    assert (given_blocks[-1].paused_samples, given_blocks[-1].lost_samples) == (100, 100)


@given(
    st.lists(
        st.one_of(
            st.sampled_from(["pause", "resume"]),
            st.tuples(st.integers(0, 30), st.integers(0, 9), st.integers(0, 9)),
        ),
        max_size=30,
    )
)
def test_the_axis_has_no_hole_that_is_not_counted(script: list[str | tuple[int, int, int]]) -> None:
    end = 0
    lines: list[AudioBlock | str] = []
    for line in script:
        if isinstance(line, str):
            lines.append(line)
        else:
            count, lost, paused = line
            lines.append(block(end + lost + paused, count, lost, paused))
            end += count + lost + paused
    given_to = 0
    for one in read(lines):
        assert one.first_sample == given_to + one.lost_samples + one.paused_samples
        given_to = one.first_sample + len(one.samples)
