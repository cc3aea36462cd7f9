"""Frames in, feature rows out: log-mel, MFCC, spectral centroid and spectral contrast, incrementally."""

from emostream.features.spec import Feature, FeatureSpec
from emostream.features.stream import FeatureStream

__all__ = ["Feature", "FeatureSpec", "FeatureStream"]
