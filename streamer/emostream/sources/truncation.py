"""How much of a sound file is missing, by comparing what it promises with what it gave."""

import re

import soundfile

# libsndfile mends a header that promises more than there is, and notes it in its log. A size near 2 GiB or 4 GiB is no
# promise: programs that write into a pipe put it there, since they cannot know the end.
_DATA_SIZE = re.compile(r"(?:data|SSND|Data Size|riff|Riff size)\s*:\s*(\d+) \(should be (\d+)\)")
_UNKNOWN_SIZE = 0x7FFF_0000
_NO_END_MARK = "Last page lacks an end-of-stream bit"
_MP3_SLACK_FRAMES = 2 * 1152  # encoder delay and padding: an MP3 may promise a little more than it holds


def truncation(sound: soundfile.SoundFile, frames_read: int) -> str | None:
    """What is missing at the end of ``sound``, of which ``frames_read`` were read, in words; None if it is whole."""
    slack = _MP3_SLACK_FRAMES if sound.format == "MP3" else 0
    promised = sound.frames
    if frames_read + slack < promised:
        return _phrase(frames_read, promised, sound.samplerate)
    log = sound.extra_info
    for declared, actual in ((int(a), int(b)) for a, b in _DATA_SIZE.findall(log)):
        if actual < declared < _UNKNOWN_SIZE:
            promised = max(promised, round(frames_read * declared / actual))
    if promised > frames_read:
        return _phrase(frames_read, promised, sound.samplerate)
    if _NO_END_MARK in log:
        return f"it was cut off after {frames_read / sound.samplerate:.2f} s (no end mark): some sound may be missing"
    return None


def _phrase(frames_read: int, frames_promised: int, sample_rate_hz: int) -> str:
    read_s, promised_s = frames_read / sample_rate_hz, frames_promised / sample_rate_hz
    return (
        f"{read_s:.2f} s could be read of the {promised_s:.2f} s that it promises "
        f"({promised_s - read_s:.2f} s missing): copy or export it again"
    )
