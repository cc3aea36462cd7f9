import os
import threading
from collections.abc import Iterator
from itertools import pairwise
from typing import BinaryIO

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from emostream.errors import NoInputError, UsageError
from emostream.pcm import HEAD_BYTES
from emostream.sources import pcm
from emostream.sources.pcm import PcmSource


class Pipe:
    """Both ends of a pipe, as standard input and the program that writes into it."""

    def __init__(self) -> None:
        reader, self._writer = os.pipe()
        self.reader: BinaryIO = os.fdopen(reader, "rb")

    def write(self, data: bytes) -> None:
        os.write(self._writer, data)

    def end(self) -> None:
        if self._writer >= 0:
            os.close(self._writer)
            self._writer = -1

    def close(self) -> None:
        self.end()
        self.reader.close()


@pytest.fixture
def pipe() -> Iterator[Pipe]:
    pipe = Pipe()
    yield pipe
    pipe.close()


def read_all(source: PcmSource) -> np.ndarray:
    samples = np.zeros(0, np.float32)
    for block in source.blocks():
        assert block.first_sample == len(samples)
        assert block.samples.dtype == np.float32
        samples = np.concatenate([samples, block.samples])
    return samples


def test_samples_come_before_the_writer_ends_and_without_a_full_block(pipe: Pipe) -> None:
    blocks = PcmSource(pipe.reader, 16_000).blocks()
    pipe.write(np.array([0, 16384, -32768], "<i2").tobytes())
    block = next(blocks)
    assert block.samples.tolist() == [0.0, 0.5, -1.0]
    assert (block.first_sample, block.lost_samples, block.sample_rate_hz) == (0, 0, 16_000)
    assert block.arrived_s is not None
    pipe.write(b"\0\0")
    assert next(blocks).first_sample == 3


def test_a_sample_may_be_split_between_two_reads(pipe: Pipe) -> None:
    blocks = PcmSource(pipe.reader, 16_000, "f32le").blocks()
    data = np.array([0.25, -0.75], "<f4").tobytes()
    pipe.write(data[:3])
    assert len(next(blocks).samples) == 0
    pipe.write(data[3:7])
    assert next(blocks).samples.tolist() == [0.25]
    pipe.write(data[7:])
    assert next(blocks).samples.tolist() == [-0.75]


@given(
    values=st.lists(st.integers(-32768, 32767), min_size=1, max_size=400),
    cuts=st.lists(st.integers(0, 800), max_size=6),
)
def test_any_chunking_gives_the_same_samples(values: list[int], cuts: list[int]) -> None:
    data = np.array(values, "<i2").tobytes()
    pipe = Pipe()
    source = PcmSource(pipe.reader, 1000)
    got = np.zeros(0, np.float32)
    blocks = source.blocks()
    edges = [0, *sorted(cut for cut in set(cuts) if 0 < cut < len(data)), len(data)]
    for start, end in pairwise(edges):
        pipe.write(data[start:end])
        # The first bytes may wait for more: they could begin a file of sound.
        while end >= HEAD_BYTES and len(got) < end // 2:
            got = np.concatenate([got, next(blocks).samples])
    pipe.end()
    got = np.concatenate([got, *(block.samples for block in blocks)])
    pipe.close()
    assert np.array_equal(got * 32768, values)
    assert source.trouble is None


def test_a_block_is_at_most_100_ms(pipe: Pipe) -> None:
    pipe.write(bytes(2 * 5000))
    assert len(next(PcmSource(pipe.reader, 16_000).blocks()).samples) == 1600


def test_an_odd_byte_at_the_end_is_said_and_left_out(pipe: Pipe) -> None:
    pipe.write(np.array([1, 2], "<i2").tobytes() + b"\7")
    pipe.end()
    source = PcmSource(pipe.reader, 16_000)
    assert len(read_all(source)) == 2
    assert "ended within a sample (1 of 2 bytes" in str(source.trouble)


def test_a_silent_writer_gives_empty_blocks_and_close_ends_them(pipe: Pipe) -> None:
    source = PcmSource(pipe.reader, 16_000)
    blocks = source.blocks()
    assert len(next(blocks).samples) == 0
    closing = threading.Timer(0.1, source.close)
    closing.start()
    assert sum(len(block.samples) for block in blocks) == 0
    closing.join()


@pytest.mark.parametrize("sent", [b"", b"\1"])
def test_no_sample_at_all_is_no_input(pipe: Pipe, sent: bytes) -> None:
    pipe.write(sent)
    pipe.end()
    with pytest.raises(NoInputError, match=f"ended after {len(sent)} bytes: expected raw PCM"):
        read_all(PcmSource(pipe.reader, 16_000))


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_what_is_no_finite_number_is_refused(pipe: Pipe, value: float) -> None:
    pipe.write(np.array([0.5, value], "<f4").tobytes())
    with pytest.raises(NoInputError, match="NaN or infinity"):
        read_all(PcmSource(pipe.reader, 16_000, "f32le"))


def test_a_terminal_is_refused_with_a_hint() -> None:
    leader, follower = os.openpty()
    hint = r"is a terminal.*arecord -f S16_LE -r 16000 -t raw \| emostream listen -"
    with (
        os.fdopen(leader, "rb"),
        os.fdopen(follower, "rb") as terminal,
        pytest.raises(UsageError, match=hint) as caught,
    ):
        PcmSource(terminal, 16_000)
    assert caught.value.exit_code == 2


def test_wrong_settings_are_refused(pipe: Pipe) -> None:
    with pytest.raises(UsageError, match="encoding 's24le' is not known: expected one of s16le, s32le, f32le"):
        PcmSource(pipe.reader, 16_000, "s24le")
    with pytest.raises(UsageError, match="0 Hz is no sample rate"):
        PcmSource(pipe.reader, 0)


HEADS = {
    b"OggS\0\2\0\0": "Ogg",
    b"fLaC\0\0\0\x22": "FLAC",
    b"ID3\4\0\0\0\0": "MP3",
    b"\x1aE\xdf\xa3\1\0\0\0": "WebM or Matroska",
    b"\0\0\0\x20ftyp": "MP4 or M4A",
    b"FORM\0\0\0\0": "AIFF",
}


def read_nothing_of(pipe: Pipe, *parts: bytes) -> None:
    blocks = PcmSource(pipe.reader, 16_000).blocks()
    for part in parts:
        pipe.write(part)
        assert len(next(blocks).samples) == 0, "bytes of a file were read as sound"


@pytest.mark.parametrize(("head", "container"), HEADS.items(), ids=HEADS.values())
@pytest.mark.parametrize("cut", [1, 3, 5, 8])
def test_a_file_of_sound_is_refused_with_what_to_do(head: bytes, container: str, cut: int, pipe: Pipe) -> None:
    with pytest.raises(NoInputError, match=rf"a file \({container}\): expected raw PCM or WAV; .*emostream file -"):
        read_nothing_of(pipe, head[:cut], head[cut:] + bytes(100))


def test_channels_are_interleaved_and_mixed(pipe: Pipe) -> None:
    pipe.write(np.array([100, 300, -200, -400], "<i2").tobytes())
    pipe.end()
    assert (read_all(PcmSource(pipe.reader, 16_000, channels=2)) * 32768).tolist() == [200, -300]


@pytest.mark.parametrize("channels", [0, -1, 33])
def test_an_impossible_number_of_channels_is_refused(channels: int, pipe: Pipe) -> None:
    with pytest.raises(UsageError, match=f"found {channels} channels, expected .* 1 to 32"):
        PcmSource(pipe.reader, 16_000, channels=channels)


def test_integers_as_floats_are_refused(pipe: Pipe) -> None:
    pipe.write(np.array([0.0, 12345.0], "<f4").tobytes())
    with pytest.raises(NoInputError, match=r"go up to 12345: expected \[-1, 1\]; divide int16 by 32768"):
        read_all(PcmSource(pipe.reader, 16_000, "f32le"))


def test_no_bytes_make_numpy_warn(pipe: Pipe) -> None:
    pipe.write(np.random.default_rng(2).integers(0, 256, 4_000, np.uint8).tobytes() + b"\1\0\xa0\x7f")
    with pytest.raises(NoInputError):
        read_all(PcmSource(pipe.reader, 16_000, "f32le"))


def test_a_writer_that_goes_silent_is_trouble_until_it_writes_again(
    pipe: Pipe, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pcm, "SILENT_S", 0.0)
    source = PcmSource(pipe.reader, 16_000)
    blocks = source.blocks()
    next(blocks)
    assert source.trouble is not None
    assert "nothing comes" in source.trouble
    monkeypatch.setattr(pcm, "SILENT_S", 1e9)
    pipe.write(bytes(32))
    assert len(next(blocks).samples) == 16
    assert source.trouble is None
