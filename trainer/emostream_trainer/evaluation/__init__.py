"""Scores on speakers never heard in training, and the report on them."""
