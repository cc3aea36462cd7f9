"""Memory of large batches stays with the process between steps, where the C library is glibc."""

import ctypes

# Names and numbers of malloc.h.
M_TRIM_THRESHOLD, M_TOP_PAD, M_MMAP_THRESHOLD = -1, -2, -3
MOST_BYTES = 2**31 - 1
PAD_BYTES = 2**28


def keep_freed_memory() -> None:
    """Have freed blocks of any size used again.

    By default glibc gives large ones back to the system, which clears them anew, page by page, at each step: half of
    the time of a 2-D network's step on a processor.
    """
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError, TypeError):  # not glibc
        return
    mallopt(M_MMAP_THRESHOLD, MOST_BYTES)
    mallopt(M_TRIM_THRESHOLD, MOST_BYTES)
    mallopt(M_TOP_PAD, PAD_BYTES)
