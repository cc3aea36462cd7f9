"""Files whose headers are absent, stale or wrapped, or that hold several streams, are read whole."""

import io
import struct
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from emostream.audio import Samples
from emostream.errors import NoInputError
from emostream.sources.file import FileSource
from emostream.sources.layout import sound_parts
from emostream.sources.mp3 import frame_header, info_frame, mp3_length

HZ = 16_000
BLOCKS_S = (0.013, 0.05, 1.0, 5.0)


def voice(seconds: float = 2.0, seed: int = 4) -> Samples:
    """Loud and soft noise in turn, so that frames of variable bit rate differ in length."""
    n = round(seconds * HZ)
    loudness = 0.02 + 0.4 * (np.arange(n) // 3_000 % 2)
    return (loudness * np.random.default_rng(seed).normal(0, 0.3, n)).astype(np.float32)


def encoded(samples: Samples, container: str, subtype: str | None = None, **options: object) -> bytes:
    file = io.BytesIO()
    soundfile.write(file, samples, HZ, format=container, subtype=subtype, **options)
    return file.getvalue()


def mp3(samples: Samples, mode: str = "VARIABLE") -> bytes:
    return encoded(samples, "MP3", "MPEG_LAYER_III", bitrate_mode=mode, compression_level=0.5)


def without_info_frame(data: bytes) -> bytes:
    header = frame_header(data)
    assert header is not None
    assert data[header.info_at :][:4] in (b"Xing", b"Info")
    return data[header.n_bytes :]


def sized(data: bytes, size: int) -> bytes:
    at = data.index(b"data") + 4
    return data[:at] + struct.pack("<I", size) + data[at + 4 :]


def read(path: Path, block_s: float = 1.0) -> tuple[Samples, str | None]:
    source = FileSource(path, block_s=block_s)
    return source.read_all(), source.trouble


def saved(folder: Path, data: bytes, suffix: str = "wav") -> Path:
    path = folder / f"clip.{suffix}"
    path.write_bytes(data)
    return path


FORMATS = [
    *[("WAV", subtype) for subtype in ("PCM_U8", "PCM_16", "PCM_24", "PCM_32", "FLOAT", "DOUBLE", "ULAW", "ALAW")],
    *[("WAV", "IMA_ADPCM"), ("WAV", "MS_ADPCM"), ("WAV", "GSM610"), ("WAVEX", "PCM_16"), ("RF64", "PCM_16")],
    *[
        ("W64", "PCM_16"),
        ("AIFF", "PCM_16"),
        ("AU", "PCM_16"),
        ("CAF", "PCM_16"),
        ("CAF", "ALAC_16"),
        ("NIST", "PCM_16"),
    ],
    *[("FLAC", "PCM_16"), ("FLAC", "PCM_24"), ("OGG", "VORBIS"), ("OGG", "OPUS")],
]


@pytest.mark.parametrize(("container", "subtype"), FORMATS, ids=str)
def test_any_block_gives_the_samples_of_a_whole_read(container: str, subtype: str, tmp_path: Path) -> None:
    path = saved(tmp_path, encoded(voice(), container, subtype), "snd")
    whole = soundfile.read(path, dtype="float32")[0]
    for block_s in BLOCKS_S:
        samples, trouble = read(path, block_s)
        np.testing.assert_array_equal(samples, whole)
        assert trouble is None


@pytest.mark.parametrize("mode", ["CONSTANT", "AVERAGE", "VARIABLE"])
@pytest.mark.parametrize("info", [True, False], ids=["with length", "without"])
def test_an_mp3_is_the_same_in_any_block(mode: str, info: bool, tmp_path: Path) -> None:
    data = mp3(voice(6), mode)
    path = saved(tmp_path, data if info else without_info_frame(data), "mp3")
    whole, trouble = read(path, 60.0)
    assert len(whole) == pytest.approx(6 * HZ, abs=3 * 1152)
    assert trouble is None
    for block_s in BLOCKS_S:
        samples, trouble = read(path, block_s)
        np.testing.assert_array_equal(samples, whole)
        assert trouble is None


@pytest.mark.parametrize("between", [b"", b"ID3\4\0\0\0\0\1\0" + bytes(128), b"TAG" + bytes(125)])
def test_joined_mp3s_are_read_to_the_end(between: bytes, tmp_path: Path) -> None:
    samples, trouble = read(saved(tmp_path, mp3(voice(3)) + between + mp3(voice(2, seed=5)), "mp3"))
    assert len(samples) == pytest.approx(5 * HZ, abs=6 * 1152)
    assert np.abs(samples[-HZ:]).max() > 0.05
    assert trouble is None


def test_an_mp3_in_a_wav_is_read_as_mp3(tmp_path: Path) -> None:
    data = mp3(voice(3))
    header = struct.pack("<HHIIHHH", 0x55, 1, HZ, 4_000, 1, 0, 0)
    wav = b"WAVEfmt " + struct.pack("<I", len(header)) + header + b"data" + struct.pack("<I", len(data)) + data
    samples, trouble = read(saved(tmp_path, b"RIFF" + struct.pack("<I", len(wav)) + wav))
    assert len(samples) == pytest.approx(3 * HZ, abs=3 * 1152)
    assert trouble is None


def test_a_length_is_counted_in_frames() -> None:
    data = mp3(voice(3))
    length = mp3_length(data)
    assert length is not None
    assert length.n_samples == length.declared_samples == pytest.approx(3 * HZ, abs=3 * 1152)
    again = mp3_length(info_frame(length.first, length.n_samples) + data[length.first_at :])
    assert again is not None
    assert (again.n_samples, again.declared_samples) == (length.n_samples, length.n_samples)
    assert mp3_length(b"\xff" * 500) is None


@pytest.mark.parametrize("size", [0, 0xFFFFFFFF, 0x7FFFFFFF, 0x80000000, 20_000])
@pytest.mark.parametrize("subtype", ["PCM_16", "PCM_24", "FLOAT", "ULAW"])
def test_the_declared_size_of_a_wav_is_a_hint(size: int, subtype: str, tmp_path: Path) -> None:
    data = encoded(voice(), "WAV", subtype)
    whole = soundfile.read(io.BytesIO(data), dtype="float32")[0]
    samples, trouble = read(saved(tmp_path, sized(data, size)))
    np.testing.assert_array_equal(samples, whole)
    assert trouble is None


def test_a_size_that_wrapped_at_4_gib_is_a_hint(tmp_path: Path) -> None:
    path = saved(tmp_path, sized(encoded(voice(1), "WAV", "PCM_16"), 1_000))
    with path.open("r+b") as file:
        file.truncate(44 + (1 << 32) + 1_000)  # a hole: no such room is taken on the disk
    with path.open("rb") as file:
        (part,) = sound_parts(file)
    assert (part.start, part.end) == (44, 44 + (1 << 32) + 1_000)


def test_a_chunk_behind_the_samples_is_no_sound(tmp_path: Path) -> None:
    data = encoded(voice(), "WAV", "PCM_16") + b"LIST" + struct.pack("<I", 40) + bytes(40)
    assert len(read(saved(tmp_path, data))[0]) == len(voice())


@pytest.mark.parametrize("subtype", ["VORBIS", "OPUS"])
def test_chained_ogg_is_read_link_by_link(subtype: str, tmp_path: Path) -> None:
    links = [encoded(voice(2, seed), "OGG", subtype) for seed in (1, 2, 3)]
    whole = np.concatenate([soundfile.read(io.BytesIO(link), dtype="float32")[0] for link in links])
    for block_s in BLOCKS_S:
        samples, trouble = read(saved(tmp_path, b"".join(links), "ogg"), block_s)
        np.testing.assert_array_equal(samples, whole)
        assert trouble is None


def test_a_link_of_other_channels_is_left_out_and_said(tmp_path: Path) -> None:
    stereo = encoded(np.stack([voice(), voice()], axis=1), "OGG", "VORBIS")
    samples, trouble = read(saved(tmp_path, encoded(voice(), "OGG", "VORBIS") + stereo, "ogg"))
    assert len(samples) == len(voice())
    assert "a part of 16000 Hz and 2 channels follows" in str(trouble)


def test_a_flac_of_unknown_length_is_read_to_the_end(tmp_path: Path) -> None:
    data = bytearray(encoded(voice(), "FLAC", "PCM_16"))
    data[8 + 13] &= 0xF0  # the number of samples: 36 bits of STREAMINFO
    data[8 + 14 : 8 + 18] = bytes(4)
    whole = soundfile.read(io.BytesIO(encoded(voice(), "FLAC", "PCM_16")), dtype="float32")[0]
    for block_s in BLOCKS_S:
        samples, trouble = read(saved(tmp_path, bytes(data), "flac"), block_s)
        np.testing.assert_array_equal(samples, whole)
        assert trouble is None


@pytest.mark.parametrize(("late", "scale"), [(0, -1.0), (0, -0.8), (1, -1.0)])
def test_channels_that_cancel_out_are_not_mixed(late: int, scale: float, tmp_path: Path) -> None:
    # Low like a voice: a sample later it is nearly the same.
    left = 0.5 * np.sin(2 * np.pi * 200 * np.arange(2 * HZ) / HZ).astype(np.float32)
    right = np.float32(scale) * np.roll(left, late)
    source = FileSource(saved(tmp_path, encoded(np.stack([left, right], axis=1), "WAV", "FLOAT")))
    np.testing.assert_array_equal(source.read_all(), left)
    assert "its channels cancel each other out" in str(source.note)
    assert "channel 1 is read alone" in str(source.note)


@pytest.mark.parametrize("right", [np.zeros(2 * HZ, np.float32), voice(2, 9), voice(2)], ids=["none", "other", "same"])
def test_other_channels_are_mixed(right: Samples, tmp_path: Path) -> None:
    source = FileSource(saved(tmp_path, encoded(np.stack([voice(), right], axis=1), "WAV", "FLOAT")))
    np.testing.assert_allclose(source.read_all(), (voice() + right) / 2, atol=1e-7)
    assert source.note is None


def test_integers_as_floats_are_refused(tmp_path: Path) -> None:
    path = saved(tmp_path, encoded(voice() * 32_767, "WAV", "FLOAT"))
    with pytest.raises(NoInputError, match=r"clip\.wav: the samples go up to \d+.*: expected \[-1, 1\]"):
        read(path)


@pytest.mark.parametrize(
    ("head", "codec"),
    [
        (b"RIFF\0\0\1\0WAVEfmt \x12\0\0\0\x8f\2\1\0" + bytes(60), "G.722 in WAV"),
        (b"caff\0\1\0\0desc\0\0\0\0\0\0\0\x20" + bytes(8) + b"opus" + bytes(60), "Opus in CAF"),
        (b"OggS\0\2" + bytes(20) + b"\1\x33\x7fFLAC\1\0" + bytes(60), "FLAC in Ogg"),
        (b"OggS\0\2" + bytes(20) + b"\1\x50Speex   1.2" + bytes(60), "Speex in Ogg"),
        (b"\0\0\0\x20ftypM4A " + bytes(60), "MP4 or M4A"),
        (b"\x1aE\xdf\xa3" + bytes(60), "WebM or Matroska"),
        (bytes.fromhex("3026b2758e66cf11a6d9") + bytes(60), "Windows Media Audio"),
    ],
    ids=["G.722", "CAF", "Ogg FLAC", "Speex", "M4A", "WebM", "WMA"],
)
@pytest.mark.usefixtures("without_pyav")
def test_what_is_not_decoded_is_named_with_the_command_that_helps(head: bytes, codec: str, tmp_path: Path) -> None:
    with pytest.raises(
        NoInputError, match=rf"holds {codec}, which libsndfile does not decode: convert it with `ffmpeg"
    ):
        FileSource(saved(tmp_path, head, "audio"))


HEADS = (
    b"RIFF\0\0\0\0WAVE",
    b"RF64\0\0\0\0WAVEds64",
    b"OggS\0\2",
    b"ID3\4\0\0\0\0\0\0",
    b"\xff\xfb\x90\xc4",
    b"\xff\xf3\x88\xc4",
    b"",
)


@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    head=st.sampled_from(HEADS),
    words=st.lists(st.sampled_from([*HEADS, b"data", b"fmt ", b"Xing", b"VBRI"])),
    tail=st.binary(),
)
def test_any_bytes_have_a_layout(head: bytes, words: list[bytes], tail: bytes, tmp_path: Path) -> None:
    path = saved(tmp_path, head + b"".join(words) + tail + b"\0")
    with path.open("rb") as file:
        parts = sound_parts(file)
    assert parts
    assert all(0 <= part.start <= part.end <= path.stat().st_size for part in parts)
