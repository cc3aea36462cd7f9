"""``emostream enrol``: one ordinary voice, or one sentence in each mood."""
