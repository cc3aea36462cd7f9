"""The command ``emostream``, and ``python -m emostream``: Ctrl-C ends it in order from the first moment on."""

import signal
import sys
from types import FrameType


def main() -> int:
    """Run the command line; returns the exit code."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # a shell started it in the background
        from emostream import cli

        return cli.main()
    # While modules are imported there is nothing to put in order, and KeyboardInterrupt would show their code.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    from emostream import cli

    interrupted: list[int] = []

    def interrupt(signal_number: int, _frame: FrameType | None) -> None:
        interrupted.append(signal_number)
        raise KeyboardInterrupt

    signal.signal(signal.SIGINT, interrupt)
    try:
        return cli.main()
    except Exception:
        if interrupted:  # C extensions turn it into an ImportError of their own
            return cli.INTERRUPTED
        raise


if __name__ == "__main__":
    sys.exit(main())
