"""Fitting a network to a training set, part by part of a run."""
