"""What the WebSocket library logs: its own faults are ours to log, those of unknown programs nobody's concern.

Its debug lines hold headers and frames, so tokens and labels: they are never made. Of a handshake that failed the trace
may hold what was sent, so only the fault's kind is kept.
"""

import logging

_HANDSHAKE = "opening handshake failed"


def library_logger() -> logging.Logger:
    """The logger to give the library."""
    logger = logging.getLogger("emostream.server.websockets")
    logger.setLevel(logging.INFO)
    if not logger.filters:
        logger.addFilter(_tame)
    return logger


def _tame(record: logging.LogRecord) -> bool:
    if record.levelno == logging.INFO:  # connections that open and close
        record.levelno, record.levelname = logging.DEBUG, "DEBUG"
    elif record.msg == _HANDSHAKE:
        kind = record.exc_info[0].__name__ if record.exc_info and record.exc_info[0] else "unknown"
        record.levelno, record.levelname = logging.DEBUG, "DEBUG"
        record.msg, record.exc_info = f"{_HANDSHAKE}: {kind}", None
    return True
