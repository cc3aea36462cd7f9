"""Learning: corpora, splits, augmentation, the two networks, fitting and evaluation."""
