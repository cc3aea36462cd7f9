"""All checks of one recording, in the order in which one would look for a fault."""

from emostream.doctor.analysis import analyse
from emostream.doctor.band import check_band
from emostream.doctor.channels import check_channels
from emostream.doctor.continuity import check_dropouts
from emostream.doctor.finding import Finding, Verdict
from emostream.doctor.level import check_clipping, check_level, check_offset, check_sound, check_speech
from emostream.doctor.noise import check_hum, check_noise
from emostream.doctor.processing import check_gain_control, check_suppression
from emostream.doctor.recording import Recording
from emostream.inference.vad import VoiceActivityModel


def judge(recording: Recording, vad_model: VoiceActivityModel) -> list[Finding]:
    """What a recording says of its microphone. Where there is no sound at all, nothing else is said."""
    sound = check_sound(recording)
    if sound.verdict is not Verdict.OK:
        return [sound]
    samples = recording.samples
    analysis = analyse(samples, recording.sample_rate_hz, vad_model)
    return [
        sound,
        check_channels(recording),
        check_speech(analysis),
        check_level(analysis),
        check_clipping(samples),
        check_offset(analysis),
        check_noise(analysis),
        check_hum(analysis),
        check_band(analysis),
        check_gain_control(analysis),
        check_suppression(analysis),
        check_dropouts(recording, analysis),
    ]
