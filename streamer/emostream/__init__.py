"""The runtime: audio in, emotion events out. See docs/design.md for the way of the data."""
