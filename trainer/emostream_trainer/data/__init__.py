"""Clips to training batches: splits, augmentation, cached features."""
