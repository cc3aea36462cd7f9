"""How much speech is found by telephone and by headset, by Silero's network for 16 kHz and by that for 8 kHz.

    python -m bench.speech_by_telephone --corpora DIR [--clips 100]

One line a corpus, recording and network: the share of clips in which .3 s of speech are found, and the mean seconds,
beside those of the clips as they are. None of the clips is among those that ``evaluate --disturbed`` judges. Then the
seconds that are taken for speech in 20 s of noise, clicks and signals of telephones, at four levels.
"""

import argparse
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from bench.narrow_band import AS_IT_IS, HZ, heard
from emostream import assets
from emostream.audio import Samples
from emostream.features.resample import Resampler
from emostream.inference.vad import NARROW_HZ, VoiceActivityConfig, VoiceActivityDetector, VoiceActivityModel
from emostream_trainer.corpora.labels import FOUR
from emostream_trainer.corpora.registry import read_corpus
from emostream_trainer.data.channel import TELEPHONE_HZ, telephone
from emostream_trainer.data.codecs import MU_LAW
from emostream_trainer.data.sampling import stratified_sample
from emostream_trainer.evaluation.disturbance import HEADSET, TELEPHONE

# So many of each corpus ``evaluate`` judges.
N_JUDGED = 200
LEAST_S = 0.3
NOISE_S = 20
LEVELS_DBFS = (-70, -50, -30, -10)


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpora", type=Path, required=True)
    parser.add_argument("--clips", type=int, default=100, help="of each corpus")
    arguments = parser.parse_args()
    clips = [clip for clip in read_corpus(arguments.corpora).clips if FOUR.index(clip.emotion) is not None]
    judged = {clip.path for clip in stratified_sample(clips, FOUR, N_JUDGED)}
    chosen = stratified_sample([clip for clip in clips if clip.path not in judged], FOUR, arguments.clips)
    model = assets.load_vad_model()
    print("corpus     recording   network   clips  found  seconds")
    for corpus in dict.fromkeys(clip.corpus for clip in chosen):
        of_corpus = [clip for clip in chosen if clip.corpus == corpus]
        for kind, rates_hz in ((AS_IT_IS, (HZ,)), (TELEPHONE, (HZ, NARROW_HZ)), (HEADSET, (HZ, NARROW_HZ))):
            sounds = [heard(clip, clips, kind) for clip in of_corpus]
            for rate_hz in rates_hz:
                found_s = np.array([_speech_s(model, sound, rate_hz) for sound in sounds])
                print(
                    f"{corpus:10} {kind:11} {rate_hz:6} Hz {len(found_s):7} {(found_s >= LEAST_S).mean():6.3f}"
                    f" {found_s.mean():8.2f}",
                    flush=True,
                )
    print(f"\nseconds of {NOISE_S} taken for speech by telephone, at {LEVELS_DBFS} dBFS")
    for name, noise in _noises():
        for rate_hz in (HZ, NARROW_HZ):
            taken_s = [_speech_s(model, _by_telephone(noise, level), rate_hz) for level in LEVELS_DBFS]
            print(f"{name:11} {rate_hz:6} Hz " + "".join(f"{seconds:6.1f}" for seconds in taken_s), flush=True)


def _speech_s(model: VoiceActivityModel, sound: Samples, input_hz: int) -> float:
    """Seconds of a sound at 16 kHz in which the network for what comes at ``input_hz`` finds speech."""
    detector = VoiceActivityDetector(model, VoiceActivityConfig(), len(sound), input_hz)
    detector.push(sound)
    return detector.speech_samples / HZ


def _by_telephone(noise: Samples, level_dbfs: float) -> Samples:
    gain = 10 ** (level_dbfs / 20) / np.sqrt(np.mean(noise**2))
    line = telephone(np.clip(noise * gain, -1, 1).astype(np.float32), MU_LAW, HZ)
    resampler = Resampler(TELEPHONE_HZ, HZ)
    return np.concatenate([resampler.push(line), resampler.flush()]).astype(np.float32)


def _noises() -> Iterator[tuple[str, Samples]]:
    """Sounds (n,) at 16 kHz, of any level."""
    rng = np.random.default_rng(1)
    n = NOISE_S * HZ
    seconds = np.arange(n) / HZ
    white = rng.standard_normal(n).astype(np.float32)
    yield "white", white
    spectrum = np.fft.rfft(white)
    pink = np.fft.irfft(spectrum / np.sqrt(np.maximum(np.arange(len(spectrum)), 1))).astype(np.float32)
    yield "pink", pink
    yield "bursts", pink * (np.sin(2 * np.pi * 0.7 * seconds) > 0)
    yield "clicks", (rng.random(n) < 3e-4).astype(np.float32)
    yield "hum", sum((np.sin(2 * np.pi * 50 * k * seconds) / k for k in range(1, 20)), np.zeros(n)).astype(np.float32)
    yield "dial tone", (np.sin(2 * np.pi * 425 * seconds) * (seconds % 5 < 1)).astype(np.float32)
    rows_hz, columns_hz = rng.choice((697, 770, 852, 941), 100), rng.choice((1209, 1336, 1477), 100)
    keys = (seconds / 0.3).astype(int)
    tones = np.sin(2 * np.pi * rows_hz[keys] * seconds) + np.sin(2 * np.pi * columns_hz[keys] * seconds)
    yield "keys", (tones * (seconds % 0.3 < 0.15)).astype(np.float32)


if __name__ == "__main__":
    main()
