"""``python -m streamer`` is ``emostream``."""

import sys

from emostream.cli import main

sys.exit(main())
