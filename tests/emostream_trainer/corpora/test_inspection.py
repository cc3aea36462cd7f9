"""Listening to every clip: what is left out, and what is odd about the rest."""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest
import soundfile
from rich.console import Console

from emostream_trainer.corpora.clip import Clip, Corpus, Skipped
from emostream_trainer.corpora.inspection import inspect, open_clip, why_left_out, with_sound
from tests.support.small_corpora import write_features, write_voice

RATE_HZ = 16_000


def _quiet(path: Path, level: float, seconds: float = 0.5) -> Path:
    tone = level * np.sin(np.arange(round(seconds * RATE_HZ)) / 10)
    soundfile.write(path, tone, RATE_HZ, subtype="PCM_24")
    return path


def _float(path: Path, value: float) -> Path:
    samples = np.full(RATE_HZ, 0.1, np.float32)
    samples[-1] = value
    soundfile.write(path, samples, RATE_HZ, subtype="FLOAT")
    return path


def _written(path: Path, held: bytes) -> Path:
    path.write_bytes(held)
    return path


def _same_everywhere(path: Path) -> Path:
    np.save(path, np.zeros((1, 64, 50), np.float32))
    return path


CASES: dict[str, tuple[Callable[[Path], Path], str]] = {
    "voice.wav": (write_voice, ""),
    "long.flac": (lambda path: write_voice(path, seconds=3.0), ""),
    "just_long_enough.wav": (lambda path: write_voice(path, seconds=0.26), ""),
    "short.wav": (lambda path: write_voice(path, seconds=0.2), "too short (under 0.25 s)"),
    "silence.wav": (lambda path: _quiet(path, 0.0), "no sound (digital silence)"),
    "faint.wav": (lambda path: _quiet(path, 0.0008), "no sound (peak under -60 dBFS)"),
    "soft.wav": (lambda path: _quiet(path, 0.0012), ""),
    "nan.wav": (lambda path: _float(path, np.nan), "unreadable: holds a sample that is not a finite number at 1.00 s"),
    "float.wav": (lambda path: _float(path, 0.2), ""),
    "text.wav": (lambda path: _written(path, b"no sound at all"), "unreadable: "),
    "empty.wav": (lambda path: _written(path, b""), "unreadable: is empty (0 bytes)"),
    "gone.wav": (lambda path: path, "unreadable: does not exist"),
    "features.npy": (write_features, ""),
    "flat.npy": (_same_everywhere, "no sound (features that are all the same)"),
    "brief.npy": (lambda path: write_features(path, frames=24), "too short (under 0.25 s)"),
    "text.npy": (lambda path: _written(path, b"none"), "unreadable: found no features ("),
}


@pytest.mark.parametrize("name", CASES)
def test_why_a_file_is_left_out(tmp_path: Path, name: str) -> None:
    make, why = CASES[name]
    path = make(tmp_path / name)
    found = open_clip(path).why
    assert found.startswith(why)
    assert bool(found) is bool(why)
    assert str(tmp_path) not in found
    assert why_left_out(path) == found, "whoever stops at the first sound says the same"


def test_a_late_beginning_is_no_silence(tmp_path: Path) -> None:
    late = np.concatenate([np.zeros(2 * RATE_HZ), 0.1 * np.ones(100)])
    soundfile.write(tmp_path / "late.wav", late, RATE_HZ)
    assert why_left_out(tmp_path / "late.wav") == open_clip(tmp_path / "late.wav").why == ""


def _corpus(paths: Sequence[Path]) -> Corpus:
    clips = [Clip(path, "made", "en", "made-1", "", "sad", "", "") for path in paths]
    return Corpus("made", tuple(clips), (Skipped(Path("before.wav"), "already out"),))


def test_clips_without_sound_move_to_the_skipped(tmp_path: Path) -> None:
    good = write_voice(tmp_path / "a.wav", seconds=1.8)
    corpus = _corpus([good, _quiet(tmp_path / "b.wav", 0.0), write_voice(tmp_path / "c.wav", seconds=0.1)])
    inspection = inspect(corpus, Console(quiet=True))
    assert inspection.corpus == with_sound(corpus, Console(quiet=True))
    assert [clip.path for clip in inspection.corpus.clips] == [good]
    assert {file.path.name: file.why for file in inspection.corpus.skipped} == {
        "before.wav": "already out",
        "b.wav": "no sound (digital silence)",
        "c.wav": "too short (under 0.25 s)",
    }
    assert inspection.hours == pytest.approx(1.8 / 3600)


def test_what_is_odd_is_told_and_kept(tmp_path: Path) -> None:
    usual = [write_voice(tmp_path / f"{name}.wav") for name in "abc"]
    samples, _ = soundfile.read(usual[0])
    soundfile.write(tmp_path / "twin.flac", samples, RATE_HZ)
    soundfile.write(tmp_path / "aiff.wav", samples[:-1], RATE_HZ, format="AIFF")
    soundfile.write(tmp_path / "stereo.wav", np.column_stack([samples, samples / 2]), RATE_HZ)
    soundfile.write(tmp_path / "fast.wav", samples[:-2], 96_000 // 4)
    (tmp_path / "cut.wav").write_bytes(usual[1].read_bytes()[:-4000])
    write_features(tmp_path / "features.npy")
    inspection = inspect(_corpus(sorted(tmp_path.iterdir())), Console(quiet=True))
    assert len(inspection.corpus.clips) == 9
    odd = {oddity.what: {path.name for path in oddity.paths} for oddity in inspection.oddities()}
    assert odd == {
        "the same sound in several files": {"a.wav", "twin.flac"},
        "AIFF in a file called .wav, read as what it is": {"aiff.wav"},
        "2 channels, mixed to mono": {"stereo.wav"},
        "24000 Hz, where most of made have 16000 Hz; resampled": {"fast.wav"},
        "ends before the end that its header promises; used as far as it goes": {"cut.wav"},
        "features without audio, for mel_cnn2d/staged alone": {"features.npy"},
    }
