"""The lamp's webhook against a real web server."""

import json

import pytest

from emostream.sinks.lamp import LampError
from emostream.sinks.lamp_webhook import LampWebhook
from emostream.sinks.webhook_request import WebhookTarget
from tests.support.webhook_target import Answer, WebhookReceiver


def test_the_state_arrives_signed_and_a_refusal_is_said() -> None:
    with WebhookReceiver(Answer(), Answer(), Answer(404), Answer(500)) as target:
        lamp = LampWebhook(WebhookTarget(url=target.url, secret=b"x"))
        lamp.show(True)
        lamp.show(False)
        for status in (404, 500):
            with pytest.raises(LampError, match=f"status {status}"):
                lamp.show(True)
        lamp.close()
    bodies = [json.loads(request.body) for request in target.received]
    assert [(body["lamp"], body["reading"]) for body in bodies] == [("on", True), ("off", False), *[("on", True)] * 2]
    assert all(request.headers["webhook-signature"].startswith("v1,") for request in target.received)
