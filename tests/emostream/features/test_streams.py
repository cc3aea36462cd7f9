"""Rows of several specs at once are those of each alone."""

import numpy as np

from emostream.audio import Samples
from emostream.features import Feature, FeatureSpec, FeatureStream
from emostream.features.streams import FeatureStreams

SPECS = [
    FeatureSpec(features=(Feature.LOG_MEL,), frame_length=400, hop_length=160, n_mels=40, high_pass_hz=20),
    FeatureSpec(features=(Feature.MFCC,), frame_length=320, hop_length=160, n_mels=40, n_mfcc=13, high_pass_hz=20),
    FeatureSpec(features=(Feature.LOG_MEL,), frame_length=320, hop_length=160, n_mels=40, high_pass_hz=60),
    FeatureSpec(features=(Feature.CENTROID,), frame_length=400, hop_length=160),
]


def test_each_spec_has_the_rows_that_it_has_alone_also_after_a_flush(recording: Samples) -> None:
    streams = FeatureStreams(SPECS)
    for audio in (recording[:20_123], recording[20_123:30_000]):
        pushed = [streams.push(piece) for piece in np.array_split(audio, 7)]
        for spec, rows in zip(SPECS, zip(*pushed, streams.flush(), strict=True), strict=True):
            assert np.array_equal(np.concatenate(rows), FeatureStream(spec).whole(audio))
