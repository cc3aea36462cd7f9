import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from emostream.sources.capture import Capture

RATE_HZ = 1000
BLOCK_S = 0.1


def put(capture: Capture, count: int, arrived_s: float, *, overflowed: bool = False) -> None:
    capture.put(np.full(count, 0.5, np.float32), arrived_s, overflowed=overflowed)


def put_blocks(capture: Capture, blocks: int, from_s: float) -> float:
    """Blocks of 100 ms in real time, the first of which begins at ``from_s``; gives when the last one ended."""
    for block in range(blocks):
        put(capture, 100, from_s + BLOCK_S * (block + 1))
    return from_s + BLOCK_S * blocks


def drained(capture: Capture) -> list[tuple[int, int, int]]:
    """(first_sample, count, lost_samples) of every block in the queue."""
    blocks = [capture.queue.get_nowait() for _ in range(capture.queue.qsize())]
    return [(block.first_sample, len(block.samples), block.lost_samples) for block in blocks]


def gaps(capture: Capture) -> list[tuple[int, int]]:
    """(first_sample, lost_samples) of every block behind a gap."""
    return [(first, lost) for first, _, lost in drained(capture) if lost]


def test_a_full_queue_drops_and_the_next_block_says_how_much() -> None:
    capture = Capture(RATE_HZ, limit_blocks=2)
    end_s = put_blocks(capture, 5, from_s=0)
    assert drained(capture) == [(0, 100, 0), (100, 100, 0)]
    put_blocks(capture, 1, end_s)
    assert drained(capture) == [(500, 100, 300)]


def test_the_time_away_is_lost_by_the_clock() -> None:
    capture = Capture(RATE_HZ, limit_blocks=10)
    capture.resume()
    put(capture, 100, 5.0)
    capture.resume()
    put_blocks(capture, 4, from_s=7.4)
    assert drained(capture) == [(0, 100, 0), (2500, 100, 2400), (2600, 100, 0), (2700, 100, 0), (2800, 100, 0)]


def test_an_overflow_is_a_gap_by_the_clock_and_of_one_sample_at_least() -> None:
    capture = Capture(RATE_HZ, limit_blocks=10)
    put(capture, 100, 1.0)
    put(capture, 100, 1.1, overflowed=True)
    put(capture, 100, 1.5, overflowed=True)
    put_blocks(capture, 3, from_s=1.5)
    assert gaps(capture) == [(101, 1), (500, 299)]
    assert capture.overflows == 2


@pytest.mark.parametrize("stall_s", [0.3, 1.5, 20.0])
def test_sound_that_never_came_is_a_gap_before_what_follows(stall_s: float) -> None:
    capture = Capture(RATE_HZ, limit_blocks=50)
    end_s = put_blocks(capture, 10, from_s=3.0)
    put_blocks(capture, 10, end_s + stall_s)
    blocks = drained(capture)
    assert len(blocks) == 20
    assert blocks[10] == (1000 + round(1000 * stall_s), 100, round(1000 * stall_s))
    assert sum(lost for _, _, lost in blocks) == round(1000 * stall_s)


def test_sound_that_comes_late_is_not_lost() -> None:
    capture = Capture(RATE_HZ, limit_blocks=50)
    end_s = put_blocks(capture, 10, from_s=3.0)
    for block in range(15):  # 1.5 s of sound in a burst of 15 ms
        put(capture, 100, end_s + 1.5 + 0.001 * block)
    put_blocks(capture, 10, end_s + 1.5)
    assert [first for first, _, _ in drained(capture)] == list(range(0, 3500, 100))


def test_of_a_stall_with_a_burst_only_what_is_missing_is_lost() -> None:
    capture = Capture(RATE_HZ, limit_blocks=50)
    end_s = put_blocks(capture, 10, from_s=3.0)
    for block in range(5):
        put(capture, 100, end_s + 2.0 + 0.001 * block)
    put_blocks(capture, 10, end_s + 2.0)
    ((first, lost),) = gaps(capture)
    assert first - lost == 1000
    assert lost == pytest.approx(1500, abs=10)


def test_sound_that_was_counted_as_lost_and_came_after_all_is_taken_off_the_next_loss() -> None:
    capture = Capture(RATE_HZ, limit_blocks=500)
    end_s = put_blocks(capture, 10, from_s=0.0)
    put_blocks(capture, 5, end_s + 0.2)  # too long to be held for
    for block in range(2):  # what was late by .2 s comes in a burst
        put(capture, 100, end_s + 0.7 + 0.001 * block)
    end_s = put_blocks(capture, 10, end_s + 0.7)
    assert [lost for _, lost in gaps(capture)] == [200]
    end_s = put_blocks(capture, 10, end_s + 0.1)
    end_s = put_blocks(capture, 10, end_s + 0.5)
    assert sum(lost for _, lost in gaps(capture)) == pytest.approx(400, abs=10)
    put_blocks(capture, 10, end_s + 0.3)
    ((first, lost),) = gaps(capture)
    assert lost == pytest.approx(300, abs=10)
    assert first == pytest.approx(1000 * (end_s + 0.3), abs=10)


def test_callbacks_that_are_late_where_the_sound_system_dropped_something_do_not_add_up() -> None:
    capture = Capture(RATE_HZ, limit_blocks=5000)
    end_s = put_blocks(capture, 10, from_s=0.0)
    for _ in range(100):
        put(capture, 100, end_s + BLOCK_S + 0.025, overflowed=True)
        end_s = put_blocks(capture, 9, end_s + BLOCK_S)
    assert capture.overflows == 100
    assert sum(lost for _, lost in gaps(capture)) <= 25 + 100


def test_losses_too_short_to_tell_from_jitter_are_counted_when_they_add_up() -> None:
    capture = Capture(RATE_HZ, limit_blocks=500)
    end_s = 0.0
    for _ in range(20):
        end_s = put_blocks(capture, 5, end_s + 0.05)
    end_s = put_blocks(capture, 5, end_s)
    counted = sum(lost for _, lost in gaps(capture))
    # The first stands before the first arrival; of 10 s, 1.5 % may be the device's clock.
    assert 950 - 150 - 50 < counted <= 950


def test_a_slow_device_clock_is_no_loss_and_nor_is_a_fast_one() -> None:
    for factor in (1 + 4e-4, 1 - 4e-4):
        capture = Capture(RATE_HZ, limit_blocks=20_000)
        for block in range(10_000):
            put(capture, 100, factor * BLOCK_S * block)
        assert gaps(capture) == []


def test_a_long_backlog_is_dropped_from_its_old_end_and_counted() -> None:
    capture = Capture(RATE_HZ, limit_blocks=20)
    end_s = put_blocks(capture, 10, from_s=0.0)
    assert len(drained(capture)) == 10
    for block in range(50):
        put(capture, 100, end_s + 10 + 0.0001 * block)
    end_s = put_blocks(capture, 4, end_s + 10)
    blocks = drained(capture)
    first, _, lost = blocks[0]
    assert first - lost == 1000
    assert len(blocks) == 20
    end_s = put_blocks(capture, 1, end_s)
    ((first, count, _),) = drained(capture)
    assert first + count == pytest.approx(1000 * end_s, abs=10)


@given(
    st.lists(st.tuples(st.integers(1, 20), st.floats(0, 3), st.booleans()), min_size=1, max_size=12),
    st.integers(1, 60),
)
def test_the_axis_is_whole_and_never_further_than_the_clock(
    stretches: list[tuple[int, float, bool]], limit_blocks: int
) -> None:
    capture = Capture(RATE_HZ, limit_blocks)
    end_s, start_s = 0.0, None
    position = 0
    for blocks, stall_s, reopened in stretches:
        if reopened:
            capture.resume()
        start_s = end_s + stall_s if start_s is None else start_s
        end_s = put_blocks(capture, blocks, end_s + stall_s)
        for first, count, lost in drained(capture):
            assert first == position + lost
            position = first + count
    assert start_s is not None
    end_s = put_blocks(capture, 20, end_s)
    blocks = drained(capture)
    if blocks:
        assert blocks[-1][0] + 100 <= 1000 * (end_s - start_s) + 110 + len(stretches)


def test_the_samples_are_copied_out_of_the_buffer_of_the_sound_system() -> None:
    capture = Capture(RATE_HZ, limit_blocks=10)
    buffer = np.full((4, 1), 0.5, np.float32)
    capture.put(buffer[:, 0], 1.0, overflowed=False)
    buffer[:] = 0
    assert capture.queue.get_nowait().samples.tolist() == [0.5] * 4


def paused(capture: Capture) -> list[tuple[int, int, int]]:
    """(first_sample, paused_samples, lost_samples) of every block behind a pause."""
    blocks = [capture.queue.get_nowait() for _ in range(capture.queue.qsize())]
    return [(one.first_sample, one.paused_samples, one.lost_samples) for one in blocks if one.paused_samples]


def test_the_time_of_a_pause_is_no_loss_and_the_axis_keeps_time() -> None:
    capture = Capture(RATE_HZ, limit_blocks=20)
    end_s = put_blocks(capture, 3, from_s=1.0)
    capture.pause(end_s)
    capture.resume()
    put_blocks(capture, 4, from_s=end_s + 60.25)
    assert paused(capture) == [(60_550, 60_250, 0)]


def test_what_was_lost_before_a_pause_and_behind_it_stays_lost() -> None:
    capture = Capture(RATE_HZ, limit_blocks=20)
    end_s = put_blocks(capture, 1, from_s=0.0)
    capture.pause(end_s + 5)  # the device had gone at the end of the samples
    capture.end_pause(end_s + 15)  # and could not be opened then
    capture.resume()
    put_blocks(capture, 4, from_s=end_s + 17)
    assert paused(capture) == [(17_100, 10_000, 7_000)]


def test_two_pauses_without_sound_between_add_up() -> None:
    capture = Capture(RATE_HZ, limit_blocks=20)
    end_s = put_blocks(capture, 1, from_s=0.0)
    capture.pause(end_s)
    capture.end_pause(end_s + 2)
    capture.pause(end_s + 5)
    capture.resume()
    put_blocks(capture, 4, from_s=end_s + 9)
    assert paused(capture) == [(9_100, 6_000, 3_000)]


def test_a_pause_before_the_first_sound_counts_nothing() -> None:
    capture = Capture(RATE_HZ, limit_blocks=20)
    capture.pause(1.0)
    capture.skip(np.zeros(100, np.float32), 2.0)
    capture.resume()
    put_blocks(capture, 4, from_s=9.0)
    assert drained(capture)[0] == (0, 100, 0)
    assert paused(capture) == []


def test_samples_that_come_while_the_pause_is_new_are_left_out_one_by_one() -> None:
    capture = Capture(RATE_HZ, limit_blocks=20)
    end_s = put_blocks(capture, 2, from_s=0.0)
    capture.skip(np.full(100, 0.5, np.float32), end_s + BLOCK_S)
    put_blocks(capture, 2, from_s=end_s + BLOCK_S)
    assert paused(capture) == [(300, 100, 0)]
