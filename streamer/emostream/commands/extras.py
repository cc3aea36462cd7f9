"""Optional dependencies that some commands need."""

import importlib.util

from emostream.errors import UsageError

EXTRAS = {
    "train": ("tensorflow", "keras", "torch", "librosa", "tf2onnx", "onnx", "sklearn", "scipy", "matplotlib"),
    "mqtt": ("paho.mqtt",),
    "osc": ("pythonosc",),
    "webhook": ("urllib3",),
    "archive": ("pyarrow", "fsspec"),
    "ray": ("ray", "pyarrow", "fsspec"),
    "pictures": ("matplotlib",),
}


def require_extra(extra: str, command: str) -> None:
    """Raise ``UsageError`` where an extra is not installed, before ``command`` begins its work."""
    missing = [module for module in EXTRAS[extra] if not is_installed(module)]
    if missing:
        raise UsageError(
            f"'{command}' needs {', '.join(missing)}, which this Python does not have: pip install 'emostream[{extra}]'"
        )


def is_installed(module: str) -> bool:
    """Whether a module can be imported, without importing it."""
    try:
        return importlib.util.find_spec(module) is not None
    except ModuleNotFoundError:
        return False
