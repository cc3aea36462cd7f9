"""Sessions of onnxruntime, all opened in one place."""

import os
from pathlib import Path
from typing import Any

from emostream.errors import ModelError


def open_session(path: Path) -> Any:
    """An onnxruntime session on one thread that does not spin while it waits. Raises ``ModelError``."""
    # From 1.29 on it writes an identity of the device to the user's cache and looks up a host of its maker's.
    os.environ["ORT_DISABLE_TELEMETRY"] = "1"
    import onnxruntime

    if not path.is_file():
        raise ModelError(f"{path}: no such model file; 'emostream models' lists the ones that are installed")
    onnxruntime.set_default_logger_severity(3)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    try:
        return onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime's exceptions share no base class of their own
        reason = str(error).strip().splitlines()[0]
        raise ModelError(f"{path}: not an ONNX model that onnxruntime can run: {reason}") from error
