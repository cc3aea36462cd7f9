"""Frames in, feature rows out: log-mel, MFCC, spectral centroid and spectral contrast, incrementally."""

from streamer.features.spec import Feature, FeatureSpec
from streamer.features.stream import FeatureStream

__all__ = ["Feature", "FeatureSpec", "FeatureStream"]
