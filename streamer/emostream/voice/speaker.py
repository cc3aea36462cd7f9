"""How somebody's voice usually sounds, learnt from a stream as it goes on."""

from dataclasses import dataclass

from emostream.voice.meter import VoiceStatistics, new_pitches

HALF_LIFE_S = 120.0
PRIOR_S = 2.0


@dataclass(frozen=True, slots=True)
class RelativeVoice:
    """How an utterance differs from those before it: its median pitch in semitones, its spectral tilt in dB."""

    pitch_semitones: float = 0.0
    tilt_db: float = 0.0


class SpeakerVoice:
    """Utterances in, how the next one differs from them.

    It holds the histogram of their pitches and their mean tilt, in which a voiced second weighs half as much after
    another ``HALF_LIFE_S`` of them.
    """

    def __init__(self) -> None:
        self._pitches = new_pitches()
        self._tilt_db = 0.0
        self._voiced_s = 0.0

    def relative(self, voice: VoiceStatistics) -> RelativeVoice:
        """Differences to the median pitch and the mean tilt so far.

        With n voiced seconds so far they count n / (n + ``PRIOR_S``): not at all in a stream's first utterance, for
        women's voices are higher than men's, and microphones differ.
        """
        if self._voiced_s == 0:
            return RelativeVoice()
        share = self._voiced_s / (self._voiced_s + PRIOR_S)
        return RelativeVoice(
            pitch_semitones=share * (voice.pitches.quantile(0.5) - self._pitches.quantile(0.5)),
            tilt_db=share * (voice.tilt_db - self._tilt_db),
        )

    def push(self, voice: VoiceStatistics) -> None:
        """Take an utterance in."""
        kept = 0.5 ** (voice.voiced_s / HALF_LIFE_S)
        self._pitches.decay(kept)
        self._pitches.merge(voice.pitches)
        before_s, self._voiced_s = kept * self._voiced_s, kept * self._voiced_s + voice.voiced_s
        self._tilt_db = (before_s * self._tilt_db + voice.voiced_s * voice.tilt_db) / self._voiced_s
