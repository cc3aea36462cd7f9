"""Corpora of emotional speech, each in the layout in which its users have it."""
