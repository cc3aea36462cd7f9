"""How intelligible the speech is that can be made of a session's rows."""

from collections.abc import Sequence
from difflib import SequenceMatcher
from pathlib import Path

import librosa
import numpy as np
import soundfile
from pocketsphinx import Decoder
from pystoi import stoi

from bench.sessions.spoken import HZ
from emostream.audio import Samples
from emostream.features.arrays import Rows
from emostream.features.spec import FeatureSpec
from emostream.features.stream import FeatureStream
from emostream.pipeline.factory import StreamFactory
from emostream.sessions.row_codec import decode_rows, encode_rows

CLIP_S = 10
GRIFFIN_LIM = 60


def measure_inversion(factory: StreamFactory, paths: Sequence[Path]) -> None:
    recogniser = Decoder(samprate=HZ, loglevel="FATAL")
    scores: dict[str, list[tuple[float, float]]] = {}
    for path in paths:
        audio = np.asarray(soundfile.read(path, dtype="float32")[0][: CLIP_S * HZ], np.float32)
        heard = words(recogniser, audio)
        for model in factory.models:
            spec = model.card.features
            rows = FeatureStream(spec).whole(audio)
            for name, given in (("as computed", rows), ("as kept", decode_rows(encode_rows(rows, spec), spec))):
                made = sound_of(given, spec)
                size = min(len(made), len(audio))
                found = words(recogniser, made * np.float32(np.abs(audio).max() / np.abs(made).max()))
                scores.setdefault(f"{model.card.name}, {name}", []).append(
                    (float(stoi(audio[:size], made[:size], HZ)), share_found(heard, found))
                )
        # What two recordings have in common that have nothing to do with one another.
        other = np.roll(audio, 3 * HZ)
        scores.setdefault("the recording itself, 3 s later", []).append((float(stoi(audio, other, HZ)), np.nan))
    print(f"speech made of rows, {len(paths)} recordings of {CLIP_S} s: mean STOI, and share of words found again")
    for name, values in scores.items():
        found = [of[1] for of in values if not np.isnan(of[1])]
        again = f"{np.mean(found):.2f}" if found else ""
        print(f"  {name:32} {np.mean([of[0] for of in values]):.3f}  {again}".rstrip())


def sound_of(rows: Rows, spec: FeatureSpec) -> Samples:
    made: Samples = librosa.feature.inverse.mel_to_audio(
        10 ** (rows.T / 10),
        sr=HZ,
        n_fft=spec.frame_length,
        hop_length=spec.hop_length,
        win_length=spec.frame_length,
        center=False,
        power=2.0,
        n_iter=GRIFFIN_LIM,
    )
    return made


def words(recogniser: Decoder, audio: Samples) -> list[str]:
    recogniser.start_utt()
    recogniser.process_raw((np.clip(audio, -1, 1) * 32767).astype("<i2").tobytes(), full_utt=True)
    recogniser.end_utt()
    hypothesis = recogniser.hyp()
    return hypothesis.hypstr.split() if hypothesis else []


def share_found(heard: list[str], found: list[str]) -> float:
    """The share of the words of one that stand in the other, in the same order."""
    blocks_in_common = SequenceMatcher(None, heard, found, autojunk=False).get_matching_blocks()
    return sum(block.size for block in blocks_in_common) / max(len(heard), 1)
