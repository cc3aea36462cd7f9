"""A webhook that hears when the microphone begins to be read and when that ends."""

import json
import uuid
from datetime import UTC, datetime

from emostream.sinks.body_template import JSON
from emostream.sinks.lamp import LampError
from emostream.sinks.webhook_request import RefusedError, UnansweredError, WebhookRequests, WebhookTarget


class LampWebhook:
    """POSTs ``{"lamp": "on", "reading": true, "ts": …}`` or the same with ``off`` and false, signed as others are."""

    def __init__(self, target: WebhookTarget) -> None:
        self.name = f"lamp {target.host}"
        self._requests = WebhookRequests(target)

    def show(self, on: bool) -> None:
        """Sends the state once. Raises ``LampError``."""
        ts = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        body = json.dumps({"lamp": "on" if on else "off", "reading": on, "ts": ts}).encode()
        try:
            self._requests.post(body, JSON, uuid.uuid4().hex)
        except (RefusedError, UnansweredError) as error:
            raise LampError(str(error)) from error

    def close(self) -> None:
        """Closes the connection."""
        self._requests.close()
