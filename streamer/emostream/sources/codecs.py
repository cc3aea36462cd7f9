"""What a file of sound holds that libsndfile does not decode, by its first bytes: a name for people."""

import struct

from emostream.pcm import MATROSKA, MP4, container_of

_WAV_CODECS = {
    0x0022: "TrueSpeech",
    0x0045: "G.726",
    0x0064: "G.726",
    0x0065: "G.722",
    0x028F: "G.722",
    0x00FF: "AAC",
    0x0160: "Windows Media Audio",
    0x0161: "Windows Media Audio",
    0x704F: "Opus",
}
_CAF_CODECS = {b"opus": "Opus", b"aac ": "AAC", b".mp3": "MP3", b"samr": "AMR", b"ac-3": "AC-3", b"ilbc": "iLBC"}
_OGG_CODECS = {b"\x7fFLAC": "FLAC", b"Speex   ": "Speex", b"\x80theora": "video"}
_ASF = bytes.fromhex("3026b2758e66cf11")
_FIRST_PAGE_BYTES = 512


def undecoded_codec(head: bytes) -> str | None:
    """Such as ``Speex in Ogg``; None where the bytes say no such thing. ``head`` is the first few thousand bytes."""
    if head[:4] == b"RIFF" and head[8:12] == b"WAVE" and (at := head.find(b"fmt ", 12)) >= 0 and len(head) >= at + 10:
        codec = _WAV_CODECS.get(struct.unpack_from("<H", head, at + 8)[0])
        return codec and f"{codec} in WAV"
    if head[:4] == b"caff" and (at := head.find(b"desc")) >= 0:
        codec = _CAF_CODECS.get(head[at + 20 : at + 24])
        return codec and f"{codec} in CAF"
    if head[:4] == b"OggS":
        first_page = head[:_FIRST_PAGE_BYTES]
        return next((f"{codec} in Ogg" for magic, codec in _OGG_CODECS.items() if magic in first_page), None)
    if (container := container_of(head)) in (MP4, MATROSKA):
        return container
    return "Windows Media Audio" if head.startswith(_ASF) else None
