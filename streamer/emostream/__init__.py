"""Reads the emotion in a voice: recordings, microphones and audio of your own, on this machine alone.

    import emostream

    print(emostream.read("talk.mp3"))
    for event in emostream.listen():
        print(event)

Nothing heavy is imported before it is needed.
"""

import importlib
import logging
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from emostream.api import Reading, Stream, listen, open_stream, read
    from emostream.errors import EmostreamError

    __version__: str

_MODULES = {
    "EmostreamError": "emostream.errors",
    "Reading": "emostream.api",
    "Stream": "emostream.api",
    "listen": "emostream.api",
    "open_stream": "emostream.api",
    "read": "emostream.api",
}

# Programs that use the package decide whether and where it logs.
logging.getLogger(__name__).addHandler(logging.NullHandler())

__all__ = ["EmostreamError", "Reading", "Stream", "listen", "open_stream", "read"]


def _attribute(name: str) -> Any:
    if name == "__version__":
        return _version()
    if name not in _MODULES:
        raise AttributeError(f"module 'emostream' has no attribute {name!r}: expected one of {', '.join(__all__)}")
    return getattr(importlib.import_module(_MODULES[name]), name)


# Type checkers know the names from above, and with a __getattr__ would let any other name through.
if not TYPE_CHECKING:
    __getattr__ = _attribute


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__, "__version__"])


def _version() -> str:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("emostream")
    except PackageNotFoundError:
        return "0+not.installed"
