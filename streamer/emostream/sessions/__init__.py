"""Recorded sessions: what was said of a voice, and what the networks saw of it, without its sound."""
