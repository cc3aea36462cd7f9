"""Tiny corpora in the layouts of the real ones, with made-up voices: each emotion has its own pitch and loudness."""

import json
import zlib
from collections.abc import Iterable, Mapping, Sequence
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


def urdu(root: Path, speakers: Sequence[str] = ("SM1", "SF3"), seconds: float = 0.5) -> Path:
    """Four emotions, each in its folder, one clip of each speaker."""
    folders = ("Neutral", "Happy", "Sad", "Angry")
    return _write_all(
        root,
        ((f"{f}/{s}_F1_{f[0]}0{n}.wav", i) for n, s in enumerate(speakers) for i, f in enumerate(folders)),
        seconds,
    )


def emovo(root: Path, speakers: Sequence[str] = ("f1", "m2"), seconds: float = 0.5) -> Path:
    """Seven emotions, one sentence."""
    emotions = ("neu", "gio", "tri", "rab", "pau", "dis", "sor")
    return _write_all(root, ((f"{s}/{e}-{s}-b1.wav", i) for s in speakers for i, e in enumerate(emotions)), seconds)


DUSHA_COLUMNS = (
    "hash_id",
    "audio_path",
    "duration",
    "annotator_emo",
    "golden_emo",
    "speaker_text",
    "speaker_emo",
    "source_id",
    "annotator_id",
)
DUSHA_EMOTIONS = ("neutral", "positive", "sad", "angry", "other")


def dusha_rows(part: str, sources: Sequence[str]) -> list[dict[str, str]]:
    """Five annotators' rows for a clip of each emotion by each source; all agree."""
    return [
        dict(
            zip(
                DUSHA_COLUMNS,
                (name, f"wavs/{name}.wav", "0.5", emotion, "", 'за "окном', emotion, source, f"a{annotator}"),
                strict=True,
            )
        )
        for source in sources
        for emotion in DUSHA_EMOTIONS
        for annotator in range(5)
        for name in [dusha_name(part, source, emotion)]
    ]


def dusha_name(part: str, source: str, emotion: str) -> str:
    """The hash of a clip, 32 hexadecimal digits as in the real corpus."""
    return f"{zlib.crc32(f'{part}{source}{emotion}'.encode()):032x}"


def write_dusha_table(
    folder: Path, rows: Sequence[Mapping[str, str]], suffix: str = ".tsv", columns: Sequence[str] = DUSHA_COLUMNS
) -> Path:
    """Write `raw_<folder>` with the columns in the order given."""
    folder.mkdir(parents=True, exist_ok=True)
    table = folder / f"raw_{folder.name}{suffix}"
    picked = [{column: row[column] for column in columns} for row in rows]
    if suffix == ".jsonl":
        lines = [json.dumps(row, ensure_ascii=False) for row in picked]
    else:
        lines = ["\t".join(columns), *("\t".join(row.values()) for row in picked)]
    table.write_text("\n".join([*lines, ""]), encoding="utf-8")
    return table


def dusha(root: Path, sources: Sequence[str] = ("s1", "s2"), suffix: str = ".tsv", seconds: float = 0.5) -> Path:
    """`crowd_train` with five emotions of each source, as audio and a table."""
    rows = dusha_rows("crowd_train", sources)
    for row in rows:
        write_voice(
            root / "crowd_train" / row["audio_path"],
            pitch_hz=110 + 50 * DUSHA_EMOTIONS.index(row["annotator_emo"]),
            seconds=seconds,
        )
    write_dusha_table(root / "crowd_train", rows, suffix)
    return root


def write_features(path: Path, frames: int = 60, loudest_db: float = 0.0) -> Path:
    """Write published features: float32 (1, 64, frames), decibels under their maximum, told apart by the name."""
    rng = np.random.default_rng(zlib.crc32(path.stem.encode()))
    features = rng.uniform(-80, 0, (1, 64, frames)).astype(np.float32)
    path.parent.mkdir(parents=True, exist_ok=True)
    np.save(path, features - features.max() + np.float32(loudest_db))
    return path


def dusha_podcasts(root: Path, sources: Sequence[str] = ("p1", "p2")) -> Path:
    """`podcast_train` as a table without audio, its features, and the manifest `train/train.jsonl`."""
    rows = dusha_rows("podcast_train", sources)
    write_dusha_table(root / "podcast_train", rows)
    lines = []
    for name, emotion in {row["hash_id"]: row["annotator_emo"] for row in rows}.items():
        write_features(root / "features" / f"{name}.npy")
        if emotion != "other":
            label = ("angry", "sad", "neutral", "positive").index(emotion)
            tensor = f"../../features/{name}.npy"
            lines.append({"id": name, "tensor": tensor, "wav_length": "0.6", "label": label, "emotion": emotion})
    (root / "train").mkdir()
    (root / "train" / "train.jsonl").write_text("\n".join([*map(json.dumps, lines), ""]))
    return root


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
