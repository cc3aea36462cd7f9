"""The full-screen dashboard of ``emostream listen``."""
