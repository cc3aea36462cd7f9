"""What a client did that ends its connection: the code of the ``error`` event and of the close frame."""

from websockets.frames import CloseCode

CLOSE_CODES = {
    "bad_message": CloseCode.INVALID_DATA,
    "bad_audio": CloseCode.INVALID_DATA,
    "unexpected_audio": CloseCode.UNSUPPORTED_DATA,
    "out_of_order": CloseCode.POLICY_VIOLATION,
    "unauthorized": CloseCode.POLICY_VIOLATION,
    "profile_refused": CloseCode.POLICY_VIOLATION,
    "name_taken": CloseCode.POLICY_VIOLATION,
    "no_audio_in": CloseCode.POLICY_VIOLATION,
    "follow_only": CloseCode.POLICY_VIOLATION,
    "too_fast": CloseCode.POLICY_VIOLATION,
    "idle": CloseCode.POLICY_VIOLATION,
    "overloaded": CloseCode.TRY_AGAIN_LATER,
    "internal": CloseCode.INTERNAL_ERROR,
}


class RefusedError(Exception):
    """Ends a connection with a documented ``code`` and one line for a person."""

    def __init__(self, code: str, line: str) -> None:
        super().__init__(line)
        self.code = code
        self.line = line
        self.close_code = CLOSE_CODES[code]
