"""The colours of words on a terminal."""

import re

# Rich keeps a style's codes from the terminal it was first drawn for: of 16 colours, 256, or 16 million.
ANGRY = re.compile(r"\x1b\[(91|38;5;167|38;2;210;63;49)m")
