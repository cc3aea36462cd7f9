"""Feature windows to probabilities: the models, who speaks when, and the adaptation to a speaker."""
