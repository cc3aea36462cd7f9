"""How much of a sound file is missing: the declared length compared with the length that was read."""

import re

import soundfile

from emostream.sources.layout import MP3_SLACK_SAMPLES

# libsndfile corrects a header that declares more data than there is, and notes it in its log. A size near 2 GiB or 4
# GiB is no declaration: programs that write into a pipe put it there, since they cannot know the length.
_DATA_SIZE = re.compile(r"(?:data|SSND|Data Size|riff|Riff size)\s*:\s*(\d+) \(should be (\d+)\)")
_UNKNOWN_SIZE = 0x7FFF_0000
_NO_END_MARK = "Last page lacks an end-of-stream bit"
# A FLAC that was written into a pipe has no length: libsndfile then has the largest there is.
UNKNOWN_FRAMES = 2**63 - 1


def truncation(sound: soundfile.SoundFile, frames_read: int, declared_frames: int | None = None) -> str | None:
    """What is missing at the end of ``sound``, of which ``frames_read`` were read, as text; None if it is complete.

    ``declared_frames`` is how many there should be where libsndfile cannot know it, as in an MP3.
    """
    slack = 0 if declared_frames is None else MP3_SLACK_SAMPLES
    if declared_frames is None:
        declared_frames = 0 if sound.frames == UNKNOWN_FRAMES else sound.frames
    if frames_read + slack < declared_frames:
        return _phrase(frames_read, declared_frames, sound.samplerate)
    log = sound.extra_info
    for declared_bytes, actual_bytes in ((int(a), int(b)) for a, b in _DATA_SIZE.findall(log)):
        if actual_bytes < declared_bytes < _UNKNOWN_SIZE:
            declared_frames = max(declared_frames, round(frames_read * declared_bytes / actual_bytes))
    if declared_frames > frames_read + slack:
        return _phrase(frames_read, declared_frames, sound.samplerate)
    if _NO_END_MARK in log:
        return f"it was cut off after {frames_read / sound.samplerate:.2f} s (no end mark): some sound may be missing"
    return None


def _phrase(frames_read: int, frames_declared: int, sample_rate_hz: int) -> str:
    read_s, declared_s = frames_read / sample_rate_hz, frames_declared / sample_rate_hz
    return (
        f"{read_s:.2f} s could be read of the {declared_s:.2f} s that it promises "
        f"({declared_s - read_s:.2f} s missing): copy or export it again"
    )
