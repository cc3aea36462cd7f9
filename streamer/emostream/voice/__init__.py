"""Samples in, what an utterance's voice is like out: pitch, loudness, speech rate, arousal."""
