"""``python -m streamer`` is ``emostream``."""

import sys

from streamer.cli import main

sys.exit(main())
