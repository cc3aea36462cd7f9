"""The section "Connecting"."""

import time

from emostream.conformance.rules import require, rule
from emostream.conformance.target import Target

SECTION = "Connecting"
MOST_BYTES = 262_144


@rule(SECTION, "the subprotocol emostream.v1 is taken where it is offered, among others too")
def version_offered(target: Target) -> None:
    for versions in (["emostream.v1"], ["emostream.v9", "emostream.v1"]):
        with target.connect(versions=versions) as peer:
            require(
                peer.socket.subprotocol == "emostream.v1", f"subprotocol {peer.socket.subprotocol!r}", "emostream.v1"
            )


@rule(SECTION, "a client that offers no version gets version 1")
def version_omitted(target: Target) -> None:
    with target.connect(versions=[]) as peer:
        require(peer.socket.subprotocol is None, f"subprotocol {peer.socket.subprotocol!r}", "none")
        peer.start()
        peer.until("hello")


@rule(SECTION, "a client that offers only other versions is refused with HTTP 400 and a line that names those known")
def version_unknown(target: Target) -> None:
    refused = target.refusal(versions=["emostream.v9"])
    require(refused.status_code == 400, f"HTTP {refused.status_code}", "400")
    require(b"emostream.v1" in (refused.body or b""), repr(refused.body), "a line that names emostream.v1")


@rule(SECTION, "'?stream=' that is no name is refused with HTTP 400")
def stream_no_name(target: Target) -> None:
    for name in ("-desk", "a b", "x" * 41, "desk\n"):
        refused = target.refusal(name)
        require(refused.status_code == 400, f"HTTP {refused.status_code} for {name!r}", "400")


@rule(SECTION, "with an empty '?stream=' nothing comes at first")
def stream_empty(target: Target) -> None:
    with target.connect("") as peer:
        peer.nothing_comes("no stream was asked for")


@rule(SECTION, "the stream 'audio' is nobody else's to follow: out_of_order")
def stream_audio(target: Target) -> None:
    with target.connect("audio") as peer:
        peer.refused("out_of_order", 1008)
    with target.connect() as peer:
        peer.send({"type": "subscribe", "stream": "audio"})
        peer.refused("out_of_order", 1008)


@rule(SECTION, "a 'Host' that does not name the server is refused with HTTP 403")
def host_foreign(target: Target) -> None:
    answer = target.request("/", Host="another.example")
    require(answer.status == 403, f"HTTP {answer.status}", "403")


@rule(SECTION, "an 'Origin' that is neither the server's own page nor allowed is refused with HTTP 403")
def origin_foreign(target: Target) -> None:
    refused = target.refusal(headers={"Origin": "https://another.example"})
    require(refused.status_code == 403, f"HTTP {refused.status_code}", "403")


@rule(SECTION, "the token may come in the header: a right one is taken, a wrong one is HTTP 401", needs_token=True)
def token_in_header(target: Target) -> None:
    with target.connect() as peer:
        peer.start()
        peer.until("hello")
    refused = target.refusal(headers={"Authorization": "Bearer not-the-token-of-it"}, authorized=False)
    require(refused.status_code == 401, f"HTTP {refused.status_code}", "401")


@rule(SECTION, "the token may come as the first message; until then nothing is sent", needs_token=True)
def token_in_message(target: Target) -> None:
    with target.connect(None, authorized=False) as peer:
        peer.nothing_comes("no token was given yet")
        peer.send({"type": "authenticate", "token": target.token})
        peer.start()
        peer.until("hello")


@rule(SECTION, "a wrong token and another first message are 'unauthorized'", needs_token=True)
def token_wrong(target: Target) -> None:
    for message in (
        {"type": "authenticate", "token": "not-the-token-of-it"},
        {"type": "subscribe", "stream": None},
        b"\0\0",
    ):
        with target.connect(authorized=False) as peer:
            peer.send(message)
            peer.refused("unauthorized", 1008)


@rule(SECTION, "no token within 5 s is 'unauthorized'", needs_token=True)
def token_late(target: Target) -> None:
    with target.connect(authorized=False) as peer:
        began_s = time.monotonic()
        peer.refused("unauthorized", 1008)
        require(time.monotonic() - began_s > 4, f"it after {time.monotonic() - began_s:.1f} s", "5 s")


@rule(SECTION, "a message of 262,144 bytes is taken, a larger one ends in 1009")
def message_size(target: Target) -> None:
    with target.connect() as peer:
        peer.start()
        peer.until("hello")
        peer.send(bytes(MOST_BYTES))
        peer.send({"type": "flush"})
        peer.until("summary")
        peer.send(bytes(MOST_BYTES + 1))
        closing = peer.closing()
        require(closing.code == 1009, f"close code {closing.code}", "1009")


@rule(SECTION, "no compression is offered")
def no_compression(target: Target) -> None:
    with target.connect() as peer:
        response = peer.socket.response
        found = response.headers.get("Sec-WebSocket-Extensions") if response else None
        require(found is None, f"Sec-WebSocket-Extensions {found!r}", "none")


@rule(SECTION, "pings are answered")
def ping(target: Target) -> None:
    with target.connect() as peer:
        peer.is_open()
