"""Every format that this machine can make, read in blocks of any size, by libsndfile or by PyAV."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from emostream.errors import NoInputError
from emostream.sources.decoding import open_sound
from emostream.sources.file import FileSource, find_audio
from emostream.sources.media import MediaDecoder

HZ = 16_000
SECONDS = 1.7
# By ffmpeg: name of the file, and options; the file is what a pipe or a recorder makes too.
BY_FFMPEG = {
    "pcm.wav": [],
    "float.wav": ["-c:a", "pcm_f32le"],
    "24.wav": ["-c:a", "pcm_s24le"],
    "mulaw.wav": ["-c:a", "pcm_mulaw"],
    "ima.wav": ["-c:a", "adpcm_ima_wav"],
    "ms.wav": ["-c:a", "adpcm_ms"],
    "g722.wav": ["-c:a", "g722"],
    "rf64.wav": ["-rf64", "always"],
    "x.w64": [],
    "x.flac": [],
    "x.mp3": [],
    "vbr.mp3": ["-q:a", "4"],
    "no-xing.mp3": ["-write_xing", "0"],
    "x.ogg": ["-c:a", "libvorbis"],
    "x.opus": [],
    "speex.ogg": ["-c:a", "libspeex"],
    "flac.oga": ["-c:a", "flac"],
    "x.aiff": [],
    "x.au": [],
    "opus.caf": ["-c:a", "libopus"],
    "pcm.caf": ["-c:a", "pcm_s16le"],
    "x.m4a": [],
    "alac.m4a": ["-c:a", "alac"],
    "x.webm": [],
    "x.mka": ["-c:a", "libopus"],
    "x.wma": [],
    "x.aac": [],
    "x.ac3": [],
}
BY_SOX = {"x.sph": ["-t", "sph"], "x.voc": ["-t", "voc"], "alaw.wav": ["-e", "a-law"], "x.sf": ["-t", "sf"]}
BY_SOUNDFILE = {"x.mat": ("MAT5", "PCM_16"), "x.nist": ("NIST", "PCM_16"), "x.rf64": ("RF64", "FLOAT")}
ALL = [*BY_FFMPEG, *BY_SOX, *BY_SOUNDFILE]
# What these make is read by PyAV.
MEDIA = {name for name in BY_FFMPEG if Path(name).suffix in {".m4a", ".webm", ".mka", ".wma", ".aac", ".ac3"}} | {
    "g722.wav",
    "speex.ogg",
    "flac.oga",
    "opus.caf",
}


def tone(seconds: float = SECONDS) -> np.ndarray:
    time_s = np.arange(round(seconds * HZ)) / HZ
    return (0.4 * np.sin(2 * np.pi * (200 + 300 * time_s) * time_s)).astype(np.float32)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("formats")
    source = folder / "source.wav"
    soundfile.write(source, tone(), HZ)
    for name, options in BY_FFMPEG.items():
        subprocess.run(
            ["ffmpeg", "-v", "error", "-i", source, *options, folder / name], check=True, stdin=subprocess.DEVNULL
        )
    for name, options in BY_SOX.items():
        subprocess.run(["sox", source, *options, folder / name], check=True)
    for name, (container, subtype) in BY_SOUNDFILE.items():
        soundfile.write(folder / name, tone(), HZ, format=container, subtype=subtype)
    return folder


def read(path: Path, sizes: list[int]) -> np.ndarray:
    """All samples, read in blocks of these sizes, over and over."""
    blocks = []
    with open_sound(path) as sound:
        for turn in range(10**9):
            block = sound.read(sizes[turn % len(sizes)])
            if not len(block):
                break
            blocks.append(block)
        assert sound.missing() is None
    return np.concatenate(blocks)


@pytest.mark.parametrize("name", ALL)
@given(st.lists(st.integers(1, 40_000), min_size=1, max_size=4))
@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_block_size_gives_the_samples_of_a_whole_read(folder: Path, name: str, sizes: list[int]) -> None:
    whole = read(folder / name, [10**7])
    sizes = [max(size, 50) for size in sizes]
    assert np.array_equal(read(folder / name, sizes), whole)


@pytest.mark.parametrize("name", ALL)
def test_the_sound_is_there_from_its_beginning_to_its_end(folder: Path, name: str) -> None:
    with open_sound(folder / name) as sound:
        assert isinstance(sound._decoder, MediaDecoder) == (name in MEDIA)
        rate_hz = sound.samplerate
    samples = read(folder / name, [10**7])[:, 0]
    assert len(samples) / rate_hz == pytest.approx(SECONDS, abs=0.13)
    assert np.sqrt(np.mean(samples**2)) == pytest.approx(0.4 / np.sqrt(2), rel=0.1)


def test_a_file_that_was_cut_off_is_read_as_far_as_it_goes_and_says_so(folder: Path, tmp_path: Path) -> None:
    cut = tmp_path / "cut.webm"
    data = (folder / "x.webm").read_bytes()
    cut.write_bytes(data[: len(data) // 2])
    source = FileSource(cut, block_s=0.1)
    seconds = sum(len(block.samples) for block in source.blocks()) / source.sample_rate_hz
    assert 0.3 < seconds < 1.5
    assert "could be read of the" in str(source.trouble)


def test_a_damaged_head_and_a_film_without_sound_are_one_line(folder: Path, tmp_path: Path) -> None:
    headless = tmp_path / "headless.m4a"
    headless.write_bytes((folder / "x.m4a").read_bytes()[:2_000])
    with pytest.raises(NoInputError, match=r"headless.m4a cannot be read \(FFmpeg says: Invalid data"):
        open_sound(headless)
    silent = tmp_path / "film.mp4"
    subprocess.run(["ffmpeg", "-v", "error", "-f", "lavfi", "-i", "color=d=1:s=64x64", silent], check=True)
    with pytest.raises(NoInputError, match="there is no sound in it"):
        open_sound(silent)


@pytest.mark.parametrize("name", ["list.m3u8", "list.ffconcat", "list.wav"])
@pytest.mark.parametrize("head", [b"#EXTM3U\n#EXTINF:1,\n", b"ffconcat version 1.0\nfile "])
def test_a_list_of_other_files_opens_none_of_them(folder: Path, tmp_path: Path, name: str, head: bytes) -> None:
    path = tmp_path / name
    path.write_bytes(head + str(folder / "x.m4a").encode() + b"\n\xff")
    with pytest.raises(NoInputError):
        open_sound(path)


@pytest.mark.usefixtures("without_pyav")
class TestWithoutPyAV:
    @pytest.mark.parametrize("name", sorted(MEDIA - {"x.aac", "x.ac3"}))
    def test_it_is_named_with_the_commands_that_help(self, folder: Path, name: str) -> None:
        with pytest.raises(NoInputError, match=r"convert it with `ffmpeg .*`pip install 'emostream\[media\]'`"):
            open_sound(folder / name)

    def test_a_folder_says_what_it_left_out(self, folder: Path) -> None:
        left_out = [str(found) for found in find_audio([folder]) if isinstance(found, NoInputError)]
        assert len(left_out) == 1
        assert "libsndfile does not decode" in left_out[0]


def test_a_folder_gives_what_can_be_decoded(folder: Path) -> None:
    found = {path.name for path in find_audio([folder]) if isinstance(path, Path)}
    assert {"x.m4a", "x.wma", "x.aac"} <= found
