"""Voice activity detection: which moments hold speech, so that silence and keyboards get no emotion.

The probabilities come from Silero VAD 6 (MIT), a small recurrent network with an input of 32 ms. Speech begins and ends
at thresholds of their own.
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
STATE_SHAPE = (1, 1, 128)


@dataclass(frozen=True, slots=True)
class VoiceActivityConfig:
    """Speech begins where its probability reaches ``enter`` and ends after ``hangover_ms`` below ``leave``."""

    enter: float = 0.5
    leave: float = 0.35
    hangover_ms: int = 400


class VoiceActivityModel:
    """The network alone, shared by all streams; each stream keeps a recurrent state of its own."""

    def __init__(self, path: Path) -> None:
        self._session = open_session(path)

    def run(self, chunks: Samples, state: tuple[Any, Any]) -> tuple[NDArray[np.float32], tuple[Any, Any]]:
        """Chunks of shape (k, CONTEXT + CHUNK) in, probabilities (k,) and the next state out."""
        p, h, c = self._session.run(["speech_probs", "hn", "cn"], {"input": chunks, "h": state[0], "c": state[1]})
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

    ``memory_samples`` is how far back ``speech_between`` can look.
    """

    def __init__(self, model: VoiceActivityModel, config: VoiceActivityConfig, memory_samples: int) -> None:
        self._model = model
        self._config = config
        self._memory = memory_samples // CHUNK + 2
        self.reset()

    def reset(self) -> None:
        """Forget all audio: what follows is as from a new detector."""
        self._state: tuple[Any, Any] = (np.zeros(STATE_SHAPE, np.float32), np.zeros(STATE_SHAPE, np.float32))
        self._pending = np.zeros(CONTEXT, np.float32)
        self._chunks_done = 0
        self._chunks_voiced = 0
        self._last_voiced = 0
        self.speaking = False
        self._voiced: list[int] = []

    def push(self, samples: Samples) -> list[SpeechChange]:
        """Take float32 samples of shape (n,), give the changes that they make certain."""
        audio = np.concatenate([self._pending, samples])
        n = (len(audio) - CONTEXT) // CHUNK
        self._pending = audio[n * CHUNK :].copy()
        if n == 0:
            return []
        shape, strides = (n, CONTEXT + CHUNK), (CHUNK * audio.itemsize, audio.itemsize)
        chunks: Samples = np.ndarray(shape, np.float32, audio, strides=strides)
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
