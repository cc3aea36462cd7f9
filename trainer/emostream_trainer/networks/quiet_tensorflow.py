"""Keras and TensorFlow, imported without their start-up messages, which say nothing to whoever trains or exports.

TensorFlow's C++ side writes on standard error while it is imported and while it makes its first tensor, before any
setting of its own is read: of oneDNN, of the processor, of log messages before their initialisation. So the descriptor
itself leads nowhere meanwhile; what Python writes still arrives.
"""

import logging
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

STDERR_FD = 2


@contextmanager
def _descriptor_leads_nowhere() -> Iterator[None]:
    before = sys.stderr
    before.flush()
    with os.fdopen(os.dup(STDERR_FD), "w", buffering=1) as kept, Path(os.devnull).open("w") as nowhere:
        os.dup2(nowhere.fileno(), STDERR_FD)
        if before is sys.__stderr__:
            sys.stderr = kept
        try:
            yield
        finally:
            sys.stderr = before
            os.dup2(kept.fileno(), STDERR_FD)


os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
with _descriptor_leads_nowhere():
    import keras
    import tensorflow as tf

    tf.get_logger().setLevel(logging.ERROR)
    tf.zeros(1)

__all__ = ["keras", "tf"]
