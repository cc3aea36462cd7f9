"""Feature rows as few bytes: rounded, predicted from their neighbours, and what is left entropy-coded.

Rows at 100 a second hold mostly the noise of the voice and the room, which no compression takes away: an hour of two
networks' rows is 104 MB in float16 and 81 MB deflated. How many bits noise costs is decided by how finely it is kept,
so values are rounded, to a step of which ``bench/sessions.md`` says what it changes. The rest is how JPEG-LS codes
pictures: each value is predicted by the median edge detector, from the one before it in time, in its row and in both.
"""

import zlib
from collections.abc import Mapping

import msgspec
import numpy as np
from numpy.typing import NDArray

from emostream.features.arrays import Rows
from emostream.features.spec import Feature, FeatureSpec

# Decibels, and for the centroid hertz. A coefficient of the MFCC sums decibels with weights whose squares sum to 1.
ROUNDING: Mapping[Feature, float] = {
    Feature.LOG_MEL: 2.5,
    Feature.MFCC: 2.5,
    Feature.CENTROID: 50.0,
    Feature.CONTRAST: 1.0,
    Feature.CONTRAST_MEAN: 0.5,
    Feature.CONTRAST_LOWEST: 1.0,
}
# So that what is left of two levels fits into 16 bits.
_HIGHEST_LEVEL = 2**14 - 1

Levels = NDArray[np.int32]
"""Rows in multiples of their rounding, shape (k, D)."""


class CodedRows(msgspec.Struct, frozen=True, array_like=True):
    """``count`` rows: what is left of their levels, as the low and the high bytes of 16 bits, band by band."""

    count: int
    low: bytes
    high: bytes


def can_be_kept(spec: FeatureSpec) -> bool:
    """Whether rows of a spec are no sound: samples themselves are."""
    return Feature.WAVEFORM not in spec.features


def encode_rows(rows: Rows, spec: FeatureSpec) -> CodedRows:
    """Rows (k, D), rounded and coded."""
    levels = np.clip(np.rint(rows / _units(spec)), -_HIGHEST_LEVEL, _HIGHEST_LEVEL).astype(np.int32)
    padded = np.pad(levels, ((1, 0), (1, 0)))
    rest = levels - _predicted(padded[:-1, 1:], padded[1:, :-1], padded[:-1, :-1])
    # 0, -1, 1, -2, … as 0, 1, 2, 3, …: high bytes are zeros nearly always.
    by_band = np.ascontiguousarray(((rest << 1) ^ (rest >> 31)).T.astype(np.uint16))
    low, high = (by_band & 0xFF).astype(np.uint8), (by_band >> 8).astype(np.uint8)
    return CodedRows(len(rows), _deflated(low, zlib.Z_HUFFMAN_ONLY), _deflated(high, zlib.Z_DEFAULT_STRATEGY))


def decode_rows(coded: CodedRows, spec: FeatureSpec) -> Rows:
    """The rows (k, D), as rounded. Raises ``ValueError`` for damaged ones."""
    shape = (spec.dim, coded.count)
    try:
        low, high = (np.frombuffer(zlib.decompress(plane), np.uint8) for plane in (coded.low, coded.high))
    except zlib.error as error:
        raise ValueError(str(error)) from error
    if not len(low) == len(high) == spec.dim * coded.count:
        raise ValueError(f"expected {coded.count} rows of {spec.dim} columns, got {len(low)} and {len(high)} bytes")
    by_band = (low.astype(np.int32) | high.astype(np.int32) << 8).reshape(shape)
    levels = _levels(((by_band >> 1) ^ -(by_band & 1)).T)
    rows: Rows = (levels * _units(spec)).astype(np.float32)
    return rows


def _units(spec: FeatureSpec) -> NDArray[np.float32]:
    """The rounding of each column, (D,)."""
    return np.concatenate(
        [np.full(spec.width(feature), ROUNDING[feature], np.float32) for feature in spec.features],
    )


def _deflated(plane: NDArray[np.uint8], strategy: int) -> bytes:
    compressor = zlib.compressobj(6, zlib.DEFLATED, zlib.MAX_WBITS, zlib.DEF_MEM_LEVEL, strategy)
    return compressor.compress(plane.tobytes()) + compressor.flush()


def _predicted(above: Levels, left: Levels, corner: Levels) -> Levels:
    """The median edge detector (LOCO-I): a plane through the three, held between the two nearer ones."""
    predicted: Levels = np.clip(above + left - corner, np.minimum(above, left), np.maximum(above, left))
    return predicted


def _levels(rest: Levels) -> Levels:
    """Undo the prediction, diagonal by diagonal: what a value is predicted from lies on the two diagonals before."""
    count, dim = rest.shape
    places = np.arange(count)[:, None] + np.arange(dim)
    columns = np.broadcast_to(np.arange(dim), places.shape)
    # Row k holds diagonal k, whose column d is of row k - d of the picture; one column and two rows of zeros before.
    diagonals = np.zeros((count + dim + 1, dim + 1), np.int32)
    diagonals[places + 2, columns + 1] = rest
    for k in range(2, len(diagonals)):
        before = diagonals[k - 1]
        diagonals[k, 1:] += _predicted(before[1:], before[:-1], diagonals[k - 2, :-1])
    levels: Levels = diagonals[places + 2, columns + 1]
    return levels
