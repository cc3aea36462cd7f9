"""Speech through a codec and back, in memory: those of telephones, messages and files that libsndfile has."""

import io
from dataclasses import dataclass

import numpy as np
import soundfile

from emostream.audio import Samples

# Codecs work in frames: of less than one, some of libsndfile's decoders give nothing back.
SHORTEST_S = 0.1


@dataclass(frozen=True, slots=True)
class Codec:
    """A codec by libsndfile's names, and the sampling rate that it is used at here.

    ``compression`` is libsndfile's level, from 0 (largest files) to 1; None for a codec of one bit rate. ``gain`` is
    made up for behind the decoder.
    """

    name: str
    container: str
    subtype: str
    sample_rate_hz: int
    compression: float | None = None
    gain: float = 1.0


MU_LAW = Codec("G.711 mu-law", "WAV", "ULAW", 8_000)
A_LAW = Codec("G.711 A-law", "WAV", "ALAW", 8_000)
# Where a clipped wave makes it overshoot, libsndfile's decoder wraps around: it needs room above.
ADPCM = Codec("G.721, 32 kbit/s", "WAV", "G721_32", 8_000, gain=0.5)
GSM = Codec("GSM 6.10, 13 kbit/s", "WAV", "GSM610", 8_000)
TELEPHONE_CODECS = (MU_LAW, A_LAW, ADPCM, GSM)

OPUS = Codec("Opus, about 14 kbit/s", "OGG", "OPUS", 16_000, 0.95)
VORBIS = Codec("Vorbis, about 24 kbit/s", "OGG", "VORBIS", 16_000, 1.0)
MP3 = Codec("MP3, about 18 kbit/s", "MP3", "MPEG_LAYER_III", 16_000, 0.9)
FILE_CODECS = (OPUS, VORBIS, MP3)


def transcode(audio: Samples, codec: Codec) -> Samples:
    """Audio (n,) at the codec's rate, encoded and decoded, float32 of shape (n,); beyond full scale it is clipped."""
    shortest = round(SHORTEST_S * codec.sample_rate_hz)
    padded = np.pad(codec.gain * np.clip(audio, -1, 1), (0, max(0, shortest - len(audio))))
    file = io.BytesIO()
    soundfile.write(
        file,
        padded,
        codec.sample_rate_hz,
        format=codec.container,
        subtype=codec.subtype,
        compression_level=codec.compression,
    )
    file.seek(0)
    # Those that work in frames end with a whole one.
    decoded: Samples = soundfile.read(file, dtype="float32")[0][: len(audio)]
    heard: Samples = np.clip(decoded / np.float32(codec.gain), -1, 1)
    return heard
