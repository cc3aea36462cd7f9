"""Where the experiments write: a JSON line an epoch, which has ``row``, ``seed`` and ``epoch``."""

from pathlib import Path
from typing import Any

import msgspec

FOLDER = Path("docs/report-2024")


def read(network: str) -> list[dict[str, Any]]:
    """All lines of a network; empty before the first."""
    path = FOLDER / f"{network}.jsonl"
    return msgspec.json.Decoder(dict[str, Any]).decode_lines(path.read_bytes()) if path.exists() else []


def is_finished(network: str, row: str, seed: int, epochs: int) -> bool:
    """Whether the last epoch of a row and seed is written."""
    return any((line["row"], line["seed"], line["epoch"]) == (row, seed, epochs) for line in read(network))


def begin(network: str, row: str, seed: int) -> None:
    """Take out what an interrupted training of a row and seed has left."""
    others = [line for line in read(network) if (line["row"], line["seed"]) != (row, seed)]
    FOLDER.mkdir(parents=True, exist_ok=True)
    (FOLDER / f"{network}.jsonl").write_bytes(b"".join(msgspec.json.encode(line) + b"\n" for line in others))


def append(network: str, line: msgspec.Struct) -> None:
    """Write one epoch, to the file and to the terminal."""
    encoded = msgspec.json.encode(line).decode()
    print(encoded, flush=True)
    with (FOLDER / f"{network}.jsonl").open("a") as file:
        file.write(encoded + "\n")
