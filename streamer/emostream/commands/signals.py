"""The signals that end a live command in order: Ctrl-C, a service manager, a terminal that is closed."""

import signal

# Windows knows no SIGHUP.
ENDING_SIGNALS = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name))
