"""Which messages a client may send when: the socket's side of protocol 1 as a state machine without I/O.

                      authenticate            start                  stop
    AWAITING_TOKEN ----------------> IDLE ------------> STREAMING --------> STOPPING
     (only where a token is needed    ^                    |                   |
      and no header brought it)       |                    | audio, lost,      | stream_ended
                                      |                    | flush, reset,     | (the summary was sent)
                                      |                    | mood, profile     |
                                      +--------------------+-------------------+

``subscribe`` and a further ``authenticate`` are allowed in every state but the first. What a state does not allow ends
the connection with the code of ``docs/protocol.md``.
"""

from enum import Enum

from emostream.protocol import AnyMessage, Authenticate, Start, Stop, Subscribe
from emostream.server.close_codes import RefusedError


class State(Enum):
    """Where a client is in the protocol."""

    AWAITING_TOKEN = "awaiting_token"
    IDLE = "idle"
    STREAMING = "streaming"
    STOPPING = "stopping"


class ClientProtocol:
    """One client's state.

    ``may_speak`` says whether its latest token lets it send audio, ``takes_audio`` whether the server takes any.
    """

    def __init__(self, *, awaits_token: bool, takes_audio: bool, may_speak: bool = True) -> None:
        self.state = State.AWAITING_TOKEN if awaits_token else State.IDLE
        self.may_speak = may_speak
        self._takes_audio = takes_audio

    @property
    def is_streaming(self) -> bool:
        """Whether the client's audio is expected."""
        return self.state is State.STREAMING

    def receive_audio(self) -> None:
        """A binary frame came. Raises ``RefusedError`` where none is allowed."""
        self._require_token()
        if not self.is_streaming:
            raise RefusedError("unexpected_audio", "audio came while no stream is started: send 'start' first")

    def receive_message(self, message: AnyMessage) -> None:
        """A text message came: change the state. Raises ``RefusedError`` for one that is not allowed now.

        The caller checks tokens, names and places for streams.
        """
        if isinstance(message, Authenticate):
            if self.state is State.AWAITING_TOKEN:
                self.state = State.IDLE
            return
        self._require_token()
        if isinstance(message, Subscribe):
            return
        if isinstance(message, Start):
            self._receive_start()
            return
        if not self.is_streaming:
            kind = message.__struct_config__.tag
            raise RefusedError("out_of_order", f"got '{kind}' while no stream is started: expected 'start' before it")
        if isinstance(message, Stop):
            self.state = State.STOPPING

    def stream_ended(self) -> None:
        """The summary that answers ``stop`` was sent."""
        if self.state is State.STOPPING:
            self.state = State.IDLE

    def _receive_start(self) -> None:
        if not self._takes_audio:
            raise RefusedError("no_audio_in", "this server takes no audio")
        if not self.may_speak:
            raise RefusedError("follow_only", "this token is for following: expected the token for audio, to send any")
        if self.is_streaming:
            raise RefusedError("out_of_order", "got 'start' while a stream is started: expected 'stop' before it")
        self.state = State.STREAMING

    def _require_token(self) -> None:
        if self.state is State.AWAITING_TOKEN:
            raise RefusedError("unauthorized", "the token is wrong or missing: expected it as the first message")
