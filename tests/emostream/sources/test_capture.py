import numpy as np

from emostream.sources.capture import Capture


def put(capture: Capture, count: int, arrived_s: float, *, overflowed: bool = False) -> None:
    capture.put(np.full(count, 0.5, np.float32), arrived_s, overflowed=overflowed)


def drained(capture: Capture) -> list[tuple[int, int, int]]:
    """(first_sample, count, lost_samples) of every block in the queue."""
    blocks = [capture.queue.get_nowait() for _ in range(capture.queue.qsize())]
    return [(block.first_sample, len(block.samples), block.lost_samples) for block in blocks]


def test_a_full_queue_drops_and_the_next_block_says_how_much() -> None:
    capture = Capture(1000, limit_blocks=2)
    for tick in range(5):
        put(capture, 100, 0.1 * tick)
    assert drained(capture) == [(0, 100, 0), (100, 100, 0)]
    put(capture, 100, 0.5)
    assert drained(capture) == [(500, 100, 300)]


def test_the_time_away_is_lost_by_the_clock() -> None:
    capture = Capture(1000, limit_blocks=10)
    capture.resume()
    put(capture, 100, 5.0)
    capture.resume()
    put(capture, 100, 7.5)
    put(capture, 100, 7.6)
    assert drained(capture) == [(0, 100, 0), (2500, 100, 2400), (2600, 100, 0)]


def test_an_overflow_is_a_gap_by_the_clock_and_of_one_sample_at_least() -> None:
    capture = Capture(1000, limit_blocks=10)
    put(capture, 100, 1.0)
    put(capture, 100, 1.4, overflowed=True)
    put(capture, 100, 1.42, overflowed=True)
    assert drained(capture) == [(0, 100, 0), (400, 100, 300), (501, 100, 1)]
    assert capture.overflows == 2


def test_the_samples_are_copied_out_of_the_buffer_of_the_sound_system() -> None:
    capture = Capture(1000, limit_blocks=10)
    buffer = np.full((4, 1), 0.5, np.float32)
    capture.put(buffer[:, 0], 1.0, overflowed=False)
    buffer[:] = 0
    assert capture.queue.get_nowait().samples.tolist() == [0.5] * 4
