"""Tiny corpora in the layouts of the real ones, with made-up voices: each emotion has its own pitch and loudness."""

import zlib
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import soundfile

SAMPLE_RATE_HZ = 16_000


def write_voice(path: Path, pitch_hz: float = 150.0, level: float = 0.2, seconds: float = 0.5) -> Path:
    """Write a buzz with harmonics and a little noise, the same for the same name, as mono."""
    rng = np.random.default_rng(zlib.crc32(path.stem.encode()))
    t = np.arange(round(seconds * SAMPLE_RATE_HZ)) / SAMPLE_RATE_HZ
    pitch_hz *= rng.uniform(0.95, 1.05)
    voice = sum(np.sin(2 * np.pi * harmonic * pitch_hz * t) / harmonic for harmonic in range(1, 8))
    samples = level * (voice / 2 + 0.05 * rng.standard_normal(t.size))
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, np.clip(samples, -1, 1), SAMPLE_RATE_HZ)
    return path


def _write_all(root: Path, names: Iterable[tuple[str, int]], seconds: float) -> Path:
    for name, emotion in names:
        write_voice(root / name, pitch_hz=110 + 50 * emotion, level=0.1 + 0.05 * (emotion % 4), seconds=seconds)
    return root


def ravdess(root: Path, actors: Sequence[int] = (1, 2, 3, 4), seconds: float = 0.5) -> Path:
    """Eight emotions, one or two intensities (neutral has one), one statement, one repetition."""
    return _write_all(
        root,
        (
            (f"Actor_{actor:02}/03-01-{emotion:02}-{intensity:02}-01-01-{actor:02}.wav", emotion)
            for actor in actors
            for emotion in range(1, 9)
            for intensity in ((1,) if emotion == 1 else (1, 2))
        ),
        seconds,
    )


def emodb(root: Path, speakers: Sequence[str] = ("03", "08"), seconds: float = 0.5) -> Path:
    """Seven emotions, one text, one take."""
    letters = "NLFTWAE"
    return _write_all(
        root, ((f"wav/{s}a01{letter}a.wav", i) for s in speakers for i, letter in enumerate(letters)), seconds
    )


def tess(root: Path, words: Sequence[str] = ("back", "bite"), seconds: float = 0.5) -> Path:
    """Two speakers, seven emotions; OA_bite_neutral has the slip of the real corpus."""
    emotions = ("neutral", "happy", "sad", "angry", "fear", "disgust", "ps")
    names = ((f"{s}_{word}_{e}.wav", i) for s in ("OAF", "YAF") for word in words for i, e in enumerate(emotions))
    return _write_all(root, ((name.replace("OAF_bite_neutral", "OA_bite_neutral"), i) for name, i in names), seconds)


def nemo(root: Path, speakers: Sequence[str] = ("SM0", "EB0"), seconds: float = 0.5) -> Path:
    """Six emotions, one sentence, no data.tsv."""
    emotions = ("neutral", "happiness", "sadness", "anger", "fear", "surprised")
    return _write_all(root, ((f"samples/{s}_{e}_12.wav", i) for s in speakers for i, e in enumerate(emotions)), seconds)


def crema_d(root: Path, actors: Sequence[int] = (1001, 1002), seconds: float = 0.5) -> Path:
    """Six emotions, one sentence, and the tables: all hear neutral, but one in four is happy with the first."""
    emotions = ("NEU", "HAP", "SAD", "ANG", "FEA", "DIS")
    names = [(f"{actor}_IEO_{e}_{'XX' if e == 'NEU' else 'HI'}", i) for actor in actors for i, e in enumerate(emotions)]
    _write_all(root, ((f"AudioWAV/{name}.wav", i) for name, i in names), seconds)
    demographics = [f'{actor},30,"{("Male", "Female")[place % 2]}","","" ' for place, actor in enumerate(actors)]
    (root / "VideoDemographics.csv").write_text(
        "\n".join(['"ActorID","Age","Sex","Race","Ethnicity"', *demographics, ""])
    )
    voice = [
        f'"10{i:04}",0,0,0,{int(i == 1)},{3 if i == 1 else 4},0,"{name}",4' for i, (name, _) in enumerate(names, 1)
    ]
    face = [f'"20{i:04}",4,0,0,0,0,0,"{name}",4' for i, (name, _) in enumerate(names, 1)]
    table = root / "processedResults" / "tabulatedVotes.csv"
    table.parent.mkdir()
    table.write_text("\n".join(['"","A","D","F","H","N","S","fileName","numResponses"', *voice, *face, ""]))
    return root


def savee(root: Path, speakers: Sequence[str] = ("DC", "JE"), seconds: float = 0.5) -> Path:
    """Seven emotions, one sentence."""
    return _write_all(
        root,
        ((f"{s}_{e}01.wav", i) for s in speakers for i, e in enumerate(("n", "h", "sa", "a", "f", "d", "su"))),
        seconds,
    )


def folders(root: Path, speakers: Sequence[str] = ("ann", "bob"), seconds: float = 0.5) -> Path:
    """`Angry/ann/1.wav`: four emotions, one clip of each speaker."""
    emotions = ("Neutral", "Happy", "Sad", "Angry")
    return _write_all(root, ((f"{e}/{s}/1.wav", i) for s in speakers for i, e in enumerate(emotions)), seconds)


def clips_tsv(root: Path, speakers: int = 5, clips: int = 2, seconds: float = 0.5) -> Path:
    """A table of one corpus `made`: four emotions, `clips` of each by every speaker, speaker n in fold n % 5."""
    lines = ["path\tcorpus\tlanguage\tspeaker\tsex\temotion\tintensity\tsentence\tseconds\tfold"]
    for speaker in range(speakers):
        for place, emotion in enumerate(("neutral", "happy", "sad", "angry")):
            for take in range(clips):
                path = f"audio/{speaker}_{emotion}_{take}.wav"
                write_voice(root / path, pitch_hz=110 + 50 * place, level=0.1 + 0.05 * place, seconds=seconds)
                sex = "FM"[speaker % 2]
                lines.append(
                    f"{path}\tmade\ten\tmade-{speaker}\t{sex}\t{emotion}\t\tt{take}\t{seconds:.3f}\t{speaker % 5}"
                )
    (root / "clips.tsv").write_text("\n".join([*lines, ""]))
    return root
