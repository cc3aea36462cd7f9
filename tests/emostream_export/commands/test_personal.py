"""``emostream personal`` learns a model of one voice, and says what it takes."""

import re
from pathlib import Path

import numpy as np
import pytest
import soundfile

from emostream import assets
from emostream.inference.model import EmotionModel
from tests.support.commands import assert_refused, emostream

USAGE, NO_INPUT = 2, 66
TAKES = 4


@pytest.fixture
def mine(tmp_path: Path) -> Path:
    """Eight clips of one speaker: loud pieces of a recording count as happy, quiet ones as sad."""
    samples, sample_rate_hz = soundfile.read(assets.DEMO_RECORDING, dtype="float32")
    pieces = np.array_split(samples, len(samples) // (2 * sample_rate_hz))
    loudest_first = sorted(pieces, key=lambda piece: -float(np.mean(piece**2)))[: 2 * TAKES]
    for place, piece in enumerate(loudest_first):
        folder = tmp_path / "mine" / ("happy" if place < TAKES else "sad")
        folder.mkdir(parents=True, exist_ok=True)
        soundfile.write(folder / f"{place}.wav", piece, sample_rate_hz)
    return tmp_path / "mine"


def test_a_voice_is_learnt_from_its_own_recordings(mine: Path, tmp_path: Path) -> None:
    to = tmp_path / "me.onnx"
    said = emostream("personal", mine, "--labels", "happy,sad", "--to", to, "--out", tmp_path / "runs")
    assert (said.code, said.errors) == (0, "")
    assert "8 clips, each judged by a model that had not heard it: UAR " in said.out
    assert f"emostream listen --model {to}" in said.out
    card = EmotionModel.load(to).card
    assert card.labels == ("happy", "sad")
    assert len(card.heard_speakers) == 1
    assert "learnt from that voice alone" in card.licence
    assert card.protocol.startswith("UAR of clips of the one voice that it learnt from")
    assert 0 <= card.scores["UAR own voice"] <= 1
    assert "one voice alone" in to.with_suffix(".md").read_text()
    read = emostream("file", mine / "sad", "--model", to)
    assert (read.code, read.errors) == (0, "")
    assert re.search(r"\b(happy|sad|unsure)\b", read.out)


def test_several_voices_are_refused(mine: Path, tmp_path: Path) -> None:
    for mood in ("happy", "sad"):
        (mine / mood / "ann").mkdir()
        for clip in sorted((mine / mood).glob("*.wav"))[:2]:
            clip.rename(mine / mood / "ann" / clip.name)
    said = emostream("personal", mine, "--labels", "happy,sad", "--to", tmp_path / "me.onnx")
    assert_refused(said, USAGE, "expected one: 'emostream train' learns from several")


def test_too_few_clips_of_a_mood_are_refused(mine: Path, tmp_path: Path) -> None:
    next((mine / "sad").iterdir()).unlink()
    said = emostream("personal", mine, "--labels", "happy,sad", "--to", tmp_path / "me.onnx")
    assert_refused(said, USAGE, "found 3 of sad, expected 4 clips of each mood")


def test_a_mood_without_a_clip_is_refused(mine: Path, tmp_path: Path) -> None:
    said = emostream("personal", mine, "--to", tmp_path / "me.onnx")
    assert_refused(said, NO_INPUT, "found no clip of angry, neutral")
