"""From what was measured of utterances to what their events say of the voice."""

from collections.abc import Mapping

from emostream.events import VoiceMeasures
from emostream.voice.arousal import ArousalFormula
from emostream.voice.meter import VoiceStatistics
from emostream.voice.speaker import SpeakerVoice


class VoiceReader:
    """Statistics and probabilities of utterances in, measures out; it remembers how the voice usually sounds.

    Without a formula no utterance has an arousal.
    """

    def __init__(self, formula: ArousalFormula | None) -> None:
        self._formula = formula
        self.reset()

    def reset(self) -> None:
        """Forget the voice: what follows is as from a new reader."""
        self._speaker = SpeakerVoice()

    def push(self, voice: VoiceStatistics, p: Mapping[str, float]) -> VoiceMeasures:
        """Take the next utterance; ``p`` by label is empty where it was too short for the networks."""
        relative = self._speaker.relative(voice)
        self._speaker.push(voice)
        arousal = self._formula.arousal(p, relative) if self._formula and p else None
        return VoiceMeasures(
            pitch_hz=round(voice.pitch_hz, 1),
            pitch_range_semitones=round(voice.pitch_range_semitones, 1),
            loudness_dbfs=round(voice.loudness_dbfs, 1),
            syllables_per_s=round(voice.syllables_per_s, 1),
            arousal=None if arousal is None else round(arousal, 3),
        )
