"""The voice of one utterance after the other, measured on the stream's 16 kHz audio."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from emostream.audio import Samples
from emostream.voice.frames import HIGHEST_DB, HOP, LOWEST_DB, MARGIN, SAMPLE_RATE_HZ, voice_frames
from emostream.voice.histogram import Histogram
from emostream.voice.pitch import HIGHEST_HZ, LOWEST_HZ
from emostream.voice.syllables import LEVEL_BIN_DB, SyllableCounter

# A second at once: in smaller pieces it costs several times as much.
_BLOCK = 50 * HOP
# An utterance begins up to two chunks of the voice activity detector before the audio by which that is known.
_LOOK_BACK = 2_048
_PITCH_BIN_SEMITONES = 0.1
# Moments so far below the loudest one before them are pauses, in which mains hum may have a pitch.
_PAUSE_DB = 30.0
_GATE_DB = 10.0
SHORTEST_VOICED_S = 0.2


@dataclass(frozen=True, slots=True)
class VoiceStatistics:
    """What was measured of an utterance.

    ``pitches`` counts voiced moments by pitch (semitones above ``LOWEST_HZ``); ``loudness_dbfs`` is the mean power of
    the moments at most 10 dB below the mean of all (the relative gate of ITU-R BS.1770-5, without its filter), in dB re
    full scale; ``syllables`` are the nuclei in all of its ``seconds``; ``tilt_db`` is the mean over voiced moments of
    the power from 50 to 1000 Hz over that from 1 to 5 kHz.
    """

    pitches: Histogram
    loudness_dbfs: float
    syllables: int
    seconds: float
    tilt_db: float

    @property
    def syllables_per_s(self) -> float:
        """The speech rate, pauses included."""
        return self.syllables / self.seconds

    @property
    def voiced_s(self) -> float:
        """Seconds in which the voice had a pitch."""
        return self.pitches.total * HOP / SAMPLE_RATE_HZ

    @property
    def pitch_hz(self) -> float:
        """The median pitch."""
        return float(LOWEST_HZ * 2 ** (self.pitches.quantile(0.5) / 12))

    @property
    def pitch_range_semitones(self) -> float:
        """From the 10th to the 90th percentile."""
        return self.pitches.quantile(0.9) - self.pitches.quantile(0.1)


def new_pitches() -> Histogram:
    """An empty histogram of pitches in semitones above ``LOWEST_HZ``."""
    return Histogram(0, float(12 * np.log2(HIGHEST_HZ / LOWEST_HZ)) + 0.5, _PITCH_BIN_SEMITONES)


class _Sums:
    """What is kept of the moments of an utterance."""

    def __init__(self) -> None:
        self.pitches = new_pitches()
        self._levels = Histogram(LOWEST_DB, HIGHEST_DB, LEVEL_BIN_DB)
        self._syllables = SyllableCounter()
        self._loudest_db = LOWEST_DB
        self._tilt_db = 0.0

    def add(self, audio: Samples) -> None:
        """Count in the moments of audio that has a margin on either side."""
        frames = voice_frames(audio)
        self._levels.add(frames.levels_db)
        of_moment = frames.levels_db.reshape(-1, 2).max(axis=1)
        loudest_db = np.maximum(np.maximum.accumulate(of_moment), self._loudest_db)
        self._loudest_db = float(loudest_db[-1])
        is_loud = of_moment > np.maximum(loudest_db - _PAUSE_DB, LOWEST_DB)
        has_pitch = ~np.isnan(frames.pitch_hz)
        voiced = has_pitch & is_loud
        # YIN is strict: a nucleus between voiced moments is one, and so is one beside them.
        beside = voiced.copy()
        beside[1:] |= voiced[:-1]
        beside[:-1] |= voiced[1:]
        self._syllables.push(frames.levels_db, np.repeat(beside, 2))
        self.pitches.add(12 * np.log2(frames.pitch_hz[voiced] / LOWEST_HZ))
        self._tilt_db += float(frames.tilt_db[is_loud[has_pitch]].sum())

    def statistics(self, seconds: float) -> VoiceStatistics | None:
        if self.pitches.total * HOP < SHORTEST_VOICED_S * SAMPLE_RATE_HZ:
            return None
        return VoiceStatistics(
            pitches=self.pitches,
            loudness_dbfs=_gated_mean_db(self._levels.centres, self._levels.counts),
            syllables=self._syllables.count(self._levels.quantile(0.99)),
            seconds=seconds,
            tilt_db=self._tilt_db / self.pitches.total,
        )


class VoiceMeter:
    """16 kHz samples in, statistics of each utterance out; its cost arises in utterances alone.

    Told in turn what was pushed, that an utterance began, how far it certainly reaches, and where it ended, it measures
    whole seconds as soon as they are certain: nothing behind an utterance's end counts, and how the audio was cut
    changes no bit. It holds at most about two seconds of audio more than the speech that is not certain yet.
    """

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Forget all audio: what follows is as from a new meter."""
        # The margin before the first sample is silence.
        self._audio: Samples = np.zeros(MARGIN, np.float32)
        self._audio_start = -MARGIN
        self._sums: _Sums | None = None
        self._utterance_start = self._measured = 0

    def push(self, samples: Samples) -> None:
        """Take float32 samples of shape (n,)."""
        self._audio = np.concatenate([self._audio, samples])
        if self._sums is None:
            self._drop_before(self._audio_start + len(self._audio) - len(samples) - _LOOK_BACK)

    def start(self, at_sample: int) -> None:
        """An utterance begins at this sample of the recent past."""
        self._sums = _Sums()
        self._utterance_start = at_sample
        # Moments lie on the stream's own grid: an utterance that begins a little later has the same ones.
        self._measured = -(-at_sample // HOP) * HOP

    def advance(self, to_sample: int) -> None:
        """The utterance, if there is one, reaches to this sample at least."""
        while self._sums is not None and self._measured + _BLOCK + MARGIN <= to_sample:
            self._measure(self._sums, _BLOCK, to_sample)

    def end(self, at_sample: int) -> VoiceStatistics | None:
        """The utterance ends here. None where less than ``SHORTEST_VOICED_S`` of it was voiced."""
        sums, self._sums = self._sums, None
        if sums is None:
            return None
        while (n := min(_BLOCK, (at_sample - self._measured) // HOP * HOP)) > 0:
            self._measure(sums, n, at_sample)
        return sums.statistics((at_sample - self._utterance_start) / SAMPLE_RATE_HZ)

    def _measure(self, sums: _Sums, n_samples: int, end: int) -> None:
        """Measure the next samples of the utterance; from ``end`` on silence stands in the place of what there is."""
        start = self._measured - MARGIN - self._audio_start
        length = n_samples + 2 * MARGIN
        audio = self._audio[start : min(start + length, end - self._audio_start)]
        sums.add(np.pad(audio, (0, length - len(audio))))
        self._measured += n_samples
        self._drop_before(self._measured - MARGIN)

    def _drop_before(self, sample: int) -> None:
        n = sample - self._audio_start
        if n > 0:
            self._audio, self._audio_start = self._audio[n:].copy(), sample


def _gated_mean_db(levels_db: NDArray[np.float64], counts: NDArray[np.float64]) -> float:
    power = counts * 10 ** (levels_db / 10)
    gate_db = 10 * np.log10(power.sum() / counts.sum()) - _GATE_DB
    above = levels_db > gate_db
    return float(10 * np.log10(power[above].sum() / counts[above].sum()))
