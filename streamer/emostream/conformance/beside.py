"""The section "Beside the socket": the paths that plain HTTP asks for."""

import json
import time

from emostream.conformance.rules import require, rule
from emostream.conformance.target import PATIENCE_S, Target
from emostream.protocol import decode_event

SECTION = "Beside the socket"
PATHS = ("/", "/healthz", "/metrics", "/streams", "/protocol.schema.json", "/protocol.asyncapi.json")


@rule(SECTION, "'/' is the page, '/emostream.js' the widget")
def page(target: Target) -> None:
    for path, kind in (("/", "text/html"), ("/emostream.js", "text/javascript")):
        answer = target.request(path)
        found = answer.headers.get("content-type", "")
        require(
            answer.status == 200 and found.startswith(kind), f"HTTP {answer.status}, {found} for {path}", f"200, {kind}"
        )


@rule(SECTION, "'/healthz' is 200 and has the status 'ok'")
def healthz(target: Target) -> None:
    answer = target.request("/healthz")
    require(answer.status == 200, f"HTTP {answer.status}", "200")
    require(json.loads(answer.body).get("status") == "ok", repr(answer.body), 'a "status" of "ok"')


@rule(SECTION, "'/metrics' is for Prometheus")
def metrics(target: Target) -> None:
    answer = target.request("/metrics")
    require(
        answer.status == 200 and b"# TYPE" in answer.body, f"HTTP {answer.status}", "200 and metrics with their types"
    )


@rule(SECTION, "'/streams' lists what can be followed")
def streams(target: Target) -> None:
    name = target.new_name()
    with target.connect(name) as follower, target.connect() as speaker:
        speaker.start(publish=name, source="conformance")
        follower.until("hello")
        listed = json.loads(target.request("/streams").body)["streams"]
    found = [stream for stream in listed if stream["stream"] == name]
    expected = {"stream": name, "source": "conformance", "followers": 1}
    require(found == [expected], f"{found}", f"{expected}")


@rule(SECTION, "'/events' gives what '/ws' sends as server-sent events")
def server_sent_events(target: Target) -> None:
    name = target.new_name()
    with target.connect() as speaker:
        speaker.start(publish=name)
        speaker.until("hello")
        connection = target.http()
        try:
            connection.request("GET", f"/events?stream={name}", headers=target.authorization)
            response = connection.getresponse()
            kind = response.getheader("Content-Type", "")
            require(
                response.status == 200 and kind.startswith("text/event-stream"),
                f"{response.status}, {kind}",
                "200, text/event-stream",
            )
            speaker.send(target.speech, {"type": "stop"})
            told: list[str] = []
            deadline_s = time.monotonic() + PATIENCE_S
            while "summary" not in told:
                require(time.monotonic() < deadline_s, f"{told}", "a summary")
                line = response.readline()
                require(line, f"the end after {told}", "a summary")
                if line.startswith(b"data:"):
                    told.append(str(decode_event(line[5:].strip()).__struct_config__.tag))
            require(told[0] == "hello", f"'{told[0]}' first", "'hello'")
        finally:
            connection.close()


@rule(SECTION, "'/events' of what is no stream's name is 400")
def server_sent_events_no_name(target: Target) -> None:
    for query in ("?stream=-desk", "?stream=", "?stream=audio"):
        answer = target.request(f"/events{query}")
        require(answer.status == 400, f"HTTP {answer.status} for {query}", "400")


@rule(SECTION, "the schema and the AsyncAPI document are served")
def documents(target: Target) -> None:
    schema = json.loads(target.request("/protocol.schema.json").body)
    require({"Message", "Event"} <= schema.get("$defs", {}).keys(), "another schema", "one of messages and events")
    asyncapi = json.loads(target.request("/protocol.asyncapi.json").body)
    require("asyncapi" in asyncapi, "another document", "an AsyncAPI document")


@rule(SECTION, "HEAD is as GET without a body; other methods are 405 with 'Allow'")
def methods(target: Target) -> None:
    for path in PATHS:
        head = target.request(path, "HEAD")
        require(
            (head.status, head.body) == (200, b""),
            f"HTTP {head.status}, {len(head.body)} bytes for {path}",
            "200 and no body",
        )
        posted = target.request(path, "POST")
        require(
            posted.status == 405 and "GET" in posted.headers.get("allow", ""),
            f"HTTP {posted.status} for {path}",
            "405, Allow",
        )


@rule(
    SECTION,
    "'/metrics', '/streams' and '/events' need the token: 401 with 'WWW-Authenticate: Bearer'",
    needs_token=True,
)
def paths_need_the_token(target: Target) -> None:
    for path in ("/metrics", "/streams", "/events"):
        for headers in ({}, {"Authorization": "Bearer not-the-token-of-it"}):
            answer = target.request(path, authorized=False, **headers)
            challenge = answer.headers.get("www-authenticate", "")
            found = f"HTTP {answer.status}, WWW-Authenticate {challenge!r} for {path}"
            require(answer.status == 401 and challenge.startswith("Bearer"), found, "401, Bearer")
