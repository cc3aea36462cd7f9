"""``python -m emostream`` is the command ``emostream``."""

import sys

from emostream.cli import main

sys.exit(main())
