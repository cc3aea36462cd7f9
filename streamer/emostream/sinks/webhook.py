"""A sink that sends events to a webhook, each until the target has it."""

import json
import logging
import random
import threading
import uuid
from dataclasses import dataclass

from emostream.events import Event, Hello
from emostream.sinks.body_template import JSON, BodyTemplate, fields_of
from emostream.sinks.webhook_request import RefusedError, UnansweredError, WebhookRequests, WebhookTarget

_logger = logging.getLogger(__name__)
# A third of a day of talk: what waits for a target that is away that long.
CAPACITY = 10_000


@dataclass(frozen=True)
class Retries:
    """When a request is sent again: after ``first_s``, then twice as long each time, up to ``longest_s``.

    A target that is away is tried for as long as it takes; one that answers that it failed, ``tries`` times.
    """

    first_s: float = 1.0
    longest_s: float = 60.0
    tries: int = 6

    def wait_s(self, attempt: int) -> float:
        """The wait behind attempt 0, 1, …: between a half and the whole of it, so that not all come back at once."""
        return min(self.first_s * 2.0 ** min(attempt, 30), self.longest_s) * random.uniform(0.5, 1.0)


class WebhookSink:
    """POSTs each event, in order; it waits for its target, so put a ``DetachedSink`` of ``CAPACITY`` in front of it.

    Without a template the body is the event with the name of its ``source``. All attempts for one event have the same
    ``webhook-id``. ``dropped_events`` counts those that the target refused, or failed at too often; the log says when
    it is away and when it is back, once each.
    """

    def __init__(self, target: WebhookTarget, template: BodyTemplate | None = None, retries: Retries | None = None):
        self.name = f"webhook {target.host}"
        self.dropped_events = 0
        self._requests = WebhookRequests(target)
        self._template = template
        self._retries = retries or Retries()
        self._run = uuid.uuid4().hex
        self._sent = 0
        self._source = ""
        self._is_away = False
        self._closing = threading.Event()

    def emit(self, event: Event) -> None:
        """Sends the event and returns when the target has it or it is lost; never raises."""
        if isinstance(event, Hello):
            self._source = event.source
            return
        self._sent += 1
        message_id = f"{self._run}-{self._sent}"
        fields = fields_of(event, self._source)
        if self._template is None:
            body, content_type = json.dumps(fields["event"], separators=(",", ":")).encode("ascii"), JSON
        else:
            body, content_type = self._template.render(fields), self._template.content_type
        attempt = 0
        while not self._closing.is_set():
            try:
                self._requests.post(body, content_type, message_id)
            except RefusedError as error:
                self._lose(str(error))
                return
            except UnansweredError as error:
                attempt += 1
                if not error.is_away and attempt >= self._retries.tries:
                    self._lose(f"{error}, {attempt} times")
                    return
                self._say_away(str(error))
                self._closing.wait(max(self._retries.wait_s(attempt - 1), error.retry_after_s))
            else:
                self._say_back()
                return

    def close(self) -> None:
        """Closes the connection; an event that waits to be sent again is given up."""
        self._closing.set()
        self._requests.close()

    def _lose(self, reason: str) -> None:
        self.dropped_events += 1
        self._is_away = False
        _logger.warning("%s refused an event, which is lost (%s); %d so far", self.name, reason, self.dropped_events)

    def _say_away(self, reason: str) -> None:
        if not self._is_away:
            _logger.warning("%s does not take events (%s): they wait, and are sent again", self.name, reason)
        self._is_away = True

    def _say_back(self) -> None:
        if self._is_away:
            _logger.info("%s takes events again", self.name)
        self._is_away = False
