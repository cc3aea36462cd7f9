"""What can be got back of the speech in a session: from rows much, from events nothing. ``bench.sessions`` measures it.

The similarity is the correlation of the loudness of each band of 200 Hz over time, which intelligibility goes by.
"""

import zlib
from pathlib import Path

import librosa
import msgspec
import numpy as np
import pytest
from numpy.typing import NDArray

from emostream.audio import Samples
from emostream.events import TYPES, Hello, VoiceMeasures
from emostream.sessions.manifest import Kept
from emostream.sessions.parts import read_parts
from emostream.sessions.row_codec import decode_rows
from emostream.sessions.session import Session
from tests.support.recorded_sessions import record
from tests.support.streams import HZ, Parts


def bands(audio: Samples) -> NDArray[np.floating]:
    """Decibels of bands of 200 Hz up to 4 kHz every 16 ms."""
    power = np.abs(librosa.stft(audio, n_fft=1024, hop_length=256)) ** 2
    edges = np.arange(4, 260, 13)
    return np.log10(np.add.reduceat(power, edges, axis=0)[:-1] + 1e-6)


def similarity(one: Samples, other: Samples) -> float:
    """The mean correlation over time of two recordings' bands, -1 to 1."""
    size = min(len(one), len(other))
    pairs = zip(bands(one[:size]), bands(other[:size]), strict=True)
    return float(np.mean([np.corrcoef(a, b)[0, 1] for a, b in pairs]))


@pytest.fixture(scope="module")
def sentence(recording: Samples) -> Samples:
    """One sentence, with what is around it."""
    return recording[: 5 * HZ]


def test_speech_can_be_made_of_rows_as_the_document_says(parts: Parts, sentence: Samples, tmp_path: Path) -> None:
    mel = Parts(parts.models[:1], parts.vad_model)
    record(tmp_path / "session", Kept.ROWS, mel, sentence)
    (spec,) = Session.open(tmp_path / "session").manifest.streams[0].specs
    pieces = [piece for part in read_parts(tmp_path / "session") for piece in part.pieces]
    rows = np.concatenate([decode_rows(coded, spec) for piece in pieces for coded in piece.rows])
    made = librosa.feature.inverse.mel_to_audio(
        10 ** (rows.T / 10), sr=HZ, n_fft=spec.frame_length, hop_length=spec.hop_length, center=False, n_iter=16
    )
    assert similarity(sentence, made) > 0.8
    assert similarity(sentence, np.roll(made, HZ)) < 0.4


@pytest.mark.parametrize("kept", [Kept.EVENTS, Kept.SUMMARIES])
def test_nothing_else_is_as_long_as_speech(kept: Kept, parts: Parts, recording: Samples, tmp_path: Path) -> None:
    """Of events and summaries there are fewer numbers a second than the coarsest codec of speech has bits: 700."""
    _, events = record(tmp_path / "session", kept, parts, recording)
    parts_bytes = sum(path.stat().st_size for path in (tmp_path / "session").rglob("*.part"))
    assert not any(part.pieces for part in read_parts(tmp_path / "session"))
    assert parts_bytes * 8 / 35 < 700 * (kept is Kept.SUMMARIES) + 1
    assert len(events) / 35 < 10


def strings_in(value: object) -> set[str]:
    """All strings in decoded JSON or MessagePack, names of fields included."""
    match value:
        case str():
            return {value}
        case dict():
            return {found for pair in value.items() for of in pair for found in strings_in(of)}
        case list() | tuple():
            return {found for of in value for found in strings_in(of)}
    return set()


def test_the_only_words_are_those_of_the_format_the_labels_and_the_models(
    parts: Parts, recording: Samples, tmp_path: Path
) -> None:
    folder = tmp_path / "session"
    _, events = record(folder, Kept.ROWS, parts, recording)
    in_parts = [
        strings_in(msgspec.msgpack.decode(zlib.decompress(path.read_bytes()))) for path in folder.rglob("*.part")
    ]
    assert set().union(*in_parts) == {
        "pieces",
        "summaries",
        "stream",
        "segment",
        "start_ms",
        "items",
        "rows",
        "step",
        "change",
    }
    hello = events[0]
    assert isinstance(hello, Hello)
    said = strings_in(msgspec.to_builtins(hello)) | {"live", "lost", *TYPES}
    fields = {name for kind in TYPES.values() for name in (field.encode_name for field in msgspec.structs.fields(kind))}
    fields |= {field.encode_name for field in msgspec.structs.fields(VoiceMeasures)}
    found = strings_in([msgspec.to_builtins(event) for event in Session.open(folder).events()])
    assert found <= said | fields | {"type", "2026-11-28T12:00:00.000Z"}
