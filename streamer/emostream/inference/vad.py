"""Voice activity detection: which moments hold speech, so that silence and keyboards get no emotion.

The probabilities come from Silero VAD 6 (MIT), two small recurrent networks with an input of 32 ms: one for 16 kHz, one
for 8 kHz, which finds more of what a telephone leaves of a voice. Speech begins and ends at thresholds of their own.
The networks miss what is quiet, so they hear quiet sound amplified; what is loud they hear as it is.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from emostream.audio import Samples
from emostream.inference.session import open_session
from emostream.voice.meter import VoiceStatistics

SAMPLE_RATE_HZ = 16_000
CHUNK = 512
CONTEXT = 64
# Sound that comes at this rate or a lower one is heard by the network for 8 kHz.
NARROW_HZ = 8_000
STATE_SHAPE = (1, 1, 128)


@dataclass(frozen=True, slots=True)
class VoiceActivityConfig:
    """Speech begins where its probability reaches ``enter`` and ends after ``hangover_ms`` below ``leave``.

    The network hears sound amplified to an RMS of ``level_dbfs`` (dB of full scale), by ``most_gain_db`` at most; that
    for 8 kHz has a level and a gain of its own. The level is that of the loudest chunk of late: what one counts for
    halves every ``level_half_life_s``.
    """

    enter: float = 0.5
    leave: float = 0.35
    hangover_ms: int = 400
    level_dbfs: float = -14.0
    most_gain_db: float = 17.0
    narrow_level_dbfs: float = -3.0
    narrow_most_gain_db: float = 30.0
    level_half_life_s: float = 3.0


class VoiceActivityModel:
    """The networks alone, shared by all streams; each stream keeps a recurrent state of its own."""

    def __init__(self, path: Path, narrow_path: Path) -> None:
        size = CONTEXT + CHUNK
        self._sessions = {size: open_session(path), size // 2: open_session(narrow_path)}

    def run(self, chunks: Samples, state: tuple[Any, Any]) -> tuple[NDArray[np.float32], tuple[Any, Any]]:
        """Chunks of shape (k, CONTEXT + CHUNK) in, or of half as many samples at 8 kHz.

        Gives probabilities (k,) and the next state.
        """
        session = self._sessions[chunks.shape[1]]
        p, h, c = session.run(["speech_probs", "hn", "cn"], {"input": chunks, "h": state[0], "c": state[1]})
        return p, (h, c)


@dataclass(frozen=True, slots=True)
class SpeechChange:
    """Speech began (``speaking``) or ended at ``at_sample``, which was certain at ``known_at``; both are samples.

    ``voice`` is what was measured of the utterance that ended; the detector itself measures nothing.
    """

    speaking: bool
    at_sample: int
    known_at: int
    voice: VoiceStatistics | None = None


class VoiceActivityDetector:
    """16 kHz samples in, changes of speech out; it also knows which of the last chunks were speech.

    ``memory_samples`` is how far back ``speech_between`` can look, ``input_hz`` the rate that the sound came at before
    it was resampled to 16 kHz.
    """

    def __init__(
        self,
        model: VoiceActivityModel,
        config: VoiceActivityConfig,
        memory_samples: int,
        input_hz: int = SAMPLE_RATE_HZ,
    ) -> None:
        self._model = model
        self._config = config
        self._memory = memory_samples // CHUNK + 2
        self._decay = 0.5 ** (CHUNK / SAMPLE_RATE_HZ / config.level_half_life_s)
        is_narrow = input_hz <= NARROW_HZ
        level_dbfs = config.narrow_level_dbfs if is_narrow else config.level_dbfs
        most_gain_db = config.narrow_most_gain_db if is_narrow else config.most_gain_db
        self._level_wanted, self._most_gain = 10 ** (level_dbfs / 20), 10 ** (most_gain_db / 20)
        # Nothing lies above 4 kHz in what came at 8 kHz: each second sample holds all of it.
        self._every = 2 if is_narrow else 1
        self.reset()

    def reset(self) -> None:
        """Forget all audio: what follows is as from a new detector."""
        self._state: tuple[Any, Any] = (np.zeros(STATE_SHAPE, np.float32), np.zeros(STATE_SHAPE, np.float32))
        self._pending = np.zeros(0, np.float32)
        self._context = np.zeros(CONTEXT // self._every, np.float32)
        self._level = 0.0
        self._chunks_done = 0
        self._chunks_voiced = 0
        self._last_voiced = 0
        self.speaking = False
        self._voiced: list[int] = []

    def push(self, samples: Samples) -> list[SpeechChange]:
        """Take float32 samples of shape (n,), give the changes that they make certain."""
        audio = np.concatenate([self._pending, samples])
        n = len(audio) // CHUNK
        self._pending = audio[n * CHUNK :].copy()
        if n == 0:
            return []
        heard = np.concatenate([self._context, self._amplified(audio[: n * CHUNK])[:: self._every]])
        context, chunk = CONTEXT // self._every, CHUNK // self._every
        self._context = heard[-context:].copy()
        shape, strides = (n, context + chunk), (chunk * heard.itemsize, heard.itemsize)
        chunks: Samples = np.ndarray(shape, np.float32, heard, strides=strides)
        probabilities, self._state = self._model.run(np.ascontiguousarray(chunks), self._state)
        return [change for p in probabilities for change in self._decide(float(p))]

    def flush(self) -> list[SpeechChange]:
        """The audio ended: an utterance that is open ends here; be as new."""
        end = self._chunks_done * CHUNK
        changes = [SpeechChange(False, self._last_voiced * CHUNK, end)] if self.speaking else []
        self.reset()
        return changes

    @property
    def certain_end(self) -> int:
        """How far whoever speaks has certainly spoken, in samples."""
        return self._last_voiced * CHUNK

    @property
    def speech_samples(self) -> int:
        """Samples of speech since the detector was new."""
        return self._chunks_voiced * CHUNK

    def speech_between(self, start: int, end: int) -> int:
        """Samples of speech in the chunks that lie wholly between two positions of the recent past."""
        first, last = -(-start // CHUNK), end // CHUNK
        return CHUNK * sum(first <= chunk < last for chunk in self._voiced)

    def _amplified(self, audio: Samples) -> Samples:
        """Whole chunks, (n,), as the network is to hear them; see ``VoiceActivityConfig``."""
        chunks = audio.reshape(-1, CHUNK)
        gains = np.empty((len(chunks), 1), np.float32)
        for i, power in enumerate(np.square(chunks).mean(axis=1)):
            self._level = max(self._level * self._decay, float(power) ** 0.5)
            gains[i] = max(1.0, min(self._most_gain, self._level_wanted / max(self._level, 1e-9)))
        heard: Samples = np.clip(chunks * gains, -1, 1).ravel()
        return heard

    def _decide(self, p: float) -> list[SpeechChange]:
        chunk, config = self._chunks_done, self._config
        self._chunks_done += 1
        known_at = self._chunks_done * CHUNK
        changes = []
        if p >= (config.leave if self.speaking else config.enter):
            if not self.speaking:
                self.speaking = True
                changes.append(SpeechChange(True, chunk * CHUNK, known_at))
            self._last_voiced = chunk + 1
            self._voiced.append(chunk)
            self._chunks_voiced += 1
        elif self.speaking and (known_at - self._last_voiced * CHUNK) * 1000 >= config.hangover_ms * SAMPLE_RATE_HZ:
            self.speaking = False
            changes.append(SpeechChange(False, self._last_voiced * CHUNK, known_at))
        while self._voiced and self._voiced[0] < self._chunks_done - self._memory:
            self._voiced.pop(0)
        return changes
