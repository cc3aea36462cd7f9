"""``emostream archive``: what it does, how far it is, what came of it."""
