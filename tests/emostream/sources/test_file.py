import os
import subprocess
import sys
import time
import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st

from emostream.errors import NoInputError
from emostream.sources.file import FileSource, find_audio

RATE_HZ = 22_050
LOSSLESS = {
    "clip.wav": {},
    "clip.flac": {},
    "clip.aiff": {},
    "clip.au": {},
    "clip.caf": {},
    "clip.w64": {},
    "clip.rf64": {},
}
LOSSY = {"clip.ogg": {}, "clip.mp3": {}, "clip.opus": {"format": "OGG", "subtype": "OPUS"}}


def noise(seconds: float, channels: int = 1, rate_hz: int = RATE_HZ) -> np.ndarray:
    """float32 of shape (n, channels) that 16 bits hold exactly."""
    steps = np.random.default_rng(7).integers(-9000, 9000, (round(seconds * rate_hz), channels))
    return (steps / 32768).astype(np.float32)


def written(path: Path, samples: np.ndarray, rate_hz: int = RATE_HZ, **options: str) -> Path:
    soundfile.write(path, samples, rate_hz, **options)
    return path


def read_all(source: FileSource) -> np.ndarray:
    samples = np.zeros(0, np.float32)
    for block in source.blocks():
        assert block.first_sample == len(samples)
        assert (block.samples.dtype, block.samples.ndim, block.lost_samples) == (np.float32, 1, 0)
        samples = np.concatenate([samples, block.samples])
    return samples


def cut(path: Path, share: float) -> Path:
    data = path.read_bytes()
    path.write_bytes(data[: round(len(data) * share)])
    return path


def refusal(path: Path) -> str:
    with pytest.raises(NoInputError) as caught:
        read_all(FileSource(path))
    message = str(caught.value)
    assert caught.value.exit_code == 66
    assert message.startswith(str(path))
    assert "\n" not in message
    return message


@pytest.mark.parametrize("name", LOSSLESS)
def test_every_lossless_format_gives_its_samples(tmp_path: Path, name: str) -> None:
    samples = noise(0.35)
    source = FileSource(written(tmp_path / name, samples, **LOSSLESS[name]))
    assert (source.sample_rate_hz, source.name) == (RATE_HZ, str(tmp_path / name))
    assert np.array_equal(read_all(source), samples[:, 0])
    assert source.trouble is None


@pytest.mark.parametrize("name", LOSSY)
def test_every_lossy_format_gives_its_length(tmp_path: Path, name: str) -> None:
    source = FileSource(written(tmp_path / name, noise(0.5, rate_hz=48_000), 48_000, **LOSSY[name]))
    assert len(read_all(source)) == 24_000
    assert source.trouble is None


def test_the_bytes_count_and_not_the_name(tmp_path: Path) -> None:
    samples = noise(0.2)
    path = written(tmp_path / "clip.wav", samples, format="AIFF")
    assert np.array_equal(read_all(FileSource(path)), samples[:, 0])


@pytest.mark.parametrize("channels", [2, 6])
def test_channels_are_mixed_by_their_mean(tmp_path: Path, channels: int) -> None:
    samples = noise(0.3, channels)
    got = read_all(FileSource(written(tmp_path / "clip.wav", samples)))
    np.testing.assert_allclose(got, samples.mean(axis=1), atol=1e-7)


@settings(max_examples=20)
@given(block_s=st.floats(1e-4, 0.5))
def test_any_block_length_gives_the_same_samples(tmp_path_factory: pytest.TempPathFactory, block_s: float) -> None:
    path = tmp_path_factory.getbasetemp() / "blocks.flac"
    samples = noise(0.1, 2)
    if not path.exists():
        written(path, samples)
    np.testing.assert_allclose(read_all(FileSource(path, block_s=block_s)), samples.mean(axis=1), atol=1e-7)


def test_a_long_file_is_never_held_whole(tmp_path: Path) -> None:
    path = written(tmp_path / "long.wav", np.zeros((RATE_HZ * 120, 1), np.float32))
    tracemalloc.start()
    count = sum(len(block.samples) for block in FileSource(path).blocks())
    peak_bytes = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert count == RATE_HZ * 120
    assert peak_bytes < 1_000_000


def test_realtime_blocks_come_at_the_pace_of_the_audio(tmp_path: Path) -> None:
    source = FileSource(written(tmp_path / "clip.wav", noise(0.5)), block_s=0.1, realtime=True)
    start_s = time.monotonic()
    for block in source.blocks():
        end_s = (block.first_sample + len(block.samples)) / RATE_HZ
        assert block.arrived_s == pytest.approx(start_s + end_s, abs=0.02)
        assert time.monotonic() >= start_s + end_s


def test_close_ends_the_blocks(tmp_path: Path) -> None:
    source = FileSource(written(tmp_path / "clip.wav", noise(0.5)))
    blocks = source.blocks()
    next(blocks)
    source.close()
    assert list(blocks) == []
    FileSource(tmp_path / "clip.wav").close()


@pytest.mark.parametrize("name", sorted({*LOSSLESS, "clip.mp3"} - {"clip.caf"}))
def test_a_file_cut_short_is_served_as_far_as_it_goes_and_the_rest_is_said(tmp_path: Path, name: str) -> None:
    source = FileSource(cut(written(tmp_path / name, noise(2)), 0.6))
    got = read_all(source)
    assert len(got) == pytest.approx(1.2 * RATE_HZ, rel=0.1)
    if name != "clip.mp3":
        assert np.array_equal(got, noise(2)[: len(got), 0])
    assert f"{len(got) / RATE_HZ:.2f} s could be read of the 2.00 s" in str(source.trouble)


def test_a_caf_cut_short_is_refused_as_libsndfile_does(tmp_path: Path) -> None:
    assert "begins like CAF, but" in refusal(cut(written(tmp_path / "clip.caf", noise(2)), 0.6))


@pytest.mark.parametrize("name", ["clip.ogg", "clip.opus"])
def test_an_ogg_cut_short_has_no_length_but_no_end_mark_either(tmp_path: Path, name: str) -> None:
    source = FileSource(cut(written(tmp_path / name, noise(4, rate_hz=48_000), 48_000, **LOSSY[name]), 0.6))
    assert len(read_all(source)) > 48_000
    assert "cut off after" in str(source.trouble)


def test_a_flac_damaged_in_the_middle_is_served_up_to_there(tmp_path: Path) -> None:
    path = written(tmp_path / "clip.flac", noise(2))
    data = bytearray(path.read_bytes())
    data[len(data) // 2 : len(data) // 2 + 2000] = bytes(2000)
    path.write_bytes(data)
    source = FileSource(path, block_s=5)  # the damage is in the middle of the only block
    got = read_all(source)
    assert len(got) > 0.8 * RATE_HZ
    assert np.array_equal(got, noise(2)[: len(got), 0])
    assert "of the 2.00 s" in str(source.trouble)


def test_a_wav_from_a_pipe_promises_no_length_and_is_whole(tmp_path: Path) -> None:
    path = written(tmp_path / "clip.wav", noise(0.5))
    data = bytearray(path.read_bytes())
    data[4:8] = data[40:44] = b"\xff\xff\xff\xff"  # as programs write it that cannot know the end
    path.write_bytes(data)
    source = FileSource(path)
    assert len(read_all(source)) == round(0.5 * RATE_HZ)
    assert source.trouble is None


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_a_sample_that_is_no_finite_number_is_refused_with_its_place(tmp_path: Path, value: float) -> None:
    samples = noise(1)
    samples[round(0.75 * RATE_HZ)] = value
    assert "not a finite number at 0.75 s" in refusal(written(tmp_path / "clip.wav", samples, subtype="FLOAT"))


def test_what_is_no_audio_is_refused_with_what_it_is(tmp_path: Path) -> None:
    assert "does not exist" in refusal(tmp_path / "nothing.wav")
    assert "does not exist" in refusal(tmp_path / "no" / "folder.wav")
    assert "is a directory" in refusal(tmp_path)
    empty = tmp_path / "empty.wav"
    empty.touch()
    assert "is empty (0 bytes)" in refusal(empty)
    text = tmp_path / "text.wav"
    text.write_text("Это не звук.\n" * 1000)
    assert "holds text" in refusal(text)
    raw = tmp_path / "clip.raw"
    raw.write_bytes(bytes(1000))
    assert "no header" in refusal(raw)
    fifo = tmp_path / "fifo.wav"
    os.mkfifo(fifo)
    assert "is a pipe or a device" in refusal(fifo)
    assert "File name too long" in refusal(tmp_path / ("long" * 100))


@pytest.mark.parametrize("name", ["clip.wav", "clip.aiff"])
def test_a_header_without_samples_is_refused(tmp_path: Path, name: str) -> None:
    assert "header and no samples" in refusal(written(tmp_path / name, np.zeros((0, 1), np.float32)))


@pytest.mark.parametrize("name", ["clip.wav", "clip.flac", "clip.ogg"])
def test_a_header_cut_short_is_refused(tmp_path: Path, name: str) -> None:
    path = written(tmp_path / name, noise(0.5))
    path.write_bytes(path.read_bytes()[:30])
    assert "its header is cut short or damaged" in refusal(path)


@pytest.mark.usefixtures("without_pyav")
def test_a_video_is_refused_with_the_command_that_helps(tmp_path: Path) -> None:
    wav = written(tmp_path / "clip.wav", noise(0.5))
    video = tmp_path / "my film.mp4"
    subprocess.run(
        [
            "ffmpeg",
            "-loglevel",
            "error",
            "-f",
            "lavfi",
            "-i",
            "testsrc=d=0.5",
            "-i",
            wav,
            "-c:v",
            "mpeg4",
            "-shortest",
            video,
        ],
        check=True,
    )
    message = refusal(video)
    command = message.split("`")[1]
    assert command.startswith("ffmpeg -i '")
    subprocess.run(f"{command} -loglevel error", shell=True, check=True)
    assert len(read_all(FileSource(tmp_path / "my film-audio.wav"))) > 0.4 * RATE_HZ


@pytest.fixture
def without_permission(tmp_path: Path) -> Iterator[Path]:
    """A file that may not be read; root may read everything, so that root becomes somebody else for a while."""
    path = written(tmp_path / "secret.wav", noise(0.1))
    path.chmod(0)
    me = os.geteuid()
    if me == 0:
        os.seteuid(65_534)
    yield path
    os.seteuid(me)


def test_a_file_without_permission_is_refused(without_permission: Path) -> None:
    assert "may not be read by you" in refusal(without_permission)


def test_directories_are_searched_for_audio_and_the_rest_goes_on(tmp_path: Path) -> None:
    sound = tmp_path / "sound"
    for name in ("b.WAV", "a.opus", "deep/er/c.flac", "notes.txt", "numbers.mat", ".hidden/d.wav", "._b.wav", "x.raw"):
        path = sound / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    (tmp_path / "nothing").mkdir()
    missing = tmp_path / "missing.wav"
    found = list(find_audio([tmp_path / "nothing", sound, missing]))
    assert isinstance(found[0], NoInputError)
    assert str(found[0]).startswith(f"{tmp_path / 'nothing'} holds no audio file")
    assert found[1:] == [sound / "a.opus", sound / "b.WAV", sound / "deep/er/c.flac", missing]


def test_reading_files_needs_no_sound_system() -> None:
    code = "import sys, emostream.sources.file; sys.exit('sounddevice' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.usefixtures("without_pyav")
def test_what_a_directory_leaves_out_is_said(tmp_path: Path) -> None:
    kept = written(tmp_path / "clip.wav", noise(1))
    for name in ("memo.m4a", "deep/call.AMR", "notes.txt", ".hidden.m4a"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"x")
    first, left_out = find_audio([tmp_path])
    assert first == kept
    assert "holds 2 files that libsndfile does not decode, such as call.AMR: left out" in str(left_out)


def test_a_directory_that_cannot_be_read_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = written(tmp_path / "clip.wav", noise(1))
    (tmp_path / "locked").mkdir()
    scan = os.scandir

    def refusing(path: str) -> object:  # the user who runs this may be allowed everything
        if str(path).endswith("locked"):
            raise PermissionError(13, "Permission denied", str(path))
        return scan(path)

    monkeypatch.setattr(os, "scandir", refusing)
    assert [str(found) for found in find_audio([tmp_path])] == [
        str(kept),
        f"{tmp_path / 'locked'} cannot be read (Permission denied): what it holds was left out",
    ]


@pytest.mark.parametrize("name", [b"caf\xe9.wav", b"line\nend.wav", b"\x1b[31mred.wav", "ü".encode() * 120 + b".wav"])
def test_a_name_may_have_any_bytes(name: bytes, tmp_path: Path) -> None:
    path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/" + name))
    written(tmp_path / "clip.wav", noise(1)).rename(path)
    (found,) = find_audio([tmp_path])
    assert found == path
    assert len(read_all(FileSource(path))) == RATE_HZ
