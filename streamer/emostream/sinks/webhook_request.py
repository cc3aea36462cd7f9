"""One signed POST to a webhook's target, and what its answer means."""

import base64
import hashlib
import hmac
import time
from dataclasses import dataclass, field

import urllib3

from emostream.errors import UsageError

_ANSWER_BYTES = 65_536  # no more of an answer is read
_AWAY = {408, 425, 429, 502, 503, 504}  # a proxy's or the target's word for "later"
_LONGEST_RETRY_AFTER_S = 3600.0


class RefusedError(Exception):
    """The target does not want this request, and would not want it again."""


class UnansweredError(Exception):
    """The request should be sent again: ``is_away`` if the target cannot be had at all, after ``retry_after_s``."""

    def __init__(self, reason: str, is_away: bool, retry_after_s: float = 0.0) -> None:
        super().__init__(reason)
        self.is_away = is_away
        self.retry_after_s = retry_after_s


@dataclass(frozen=True, kw_only=True)
class WebhookTarget:
    """Where a webhook goes. ``host`` is for people and logs: the rest of the address may be as secret as a password.

    With ``secret`` requests are signed as Standard Webhooks has it: ``webhook-signature`` is ``v1,`` and the base64 of
    the HMAC-SHA256 of ``webhook-id``, ``webhook-timestamp`` and the body, with dots between them.
    """

    url: str
    secret: bytes | None = None
    timeout_s: float = 10.0
    host: str = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "host", _host(self.url))


class WebhookRequests:
    """Sends to one target, over one connection that is kept. TLS certificates are verified by the system's roots."""

    def __init__(self, target: WebhookTarget) -> None:
        self._target = target
        parsed = urllib3.util.parse_url(target.url)
        self._headers = urllib3.make_headers(user_agent="emostream", basic_auth=parsed.auth)
        self._url = parsed._replace(auth=None).url
        self._pool = urllib3.PoolManager(num_pools=1, retries=False, timeout=target.timeout_s)

    def post(self, body: bytes, content_type: str, message_id: str) -> None:
        """Send once; redirects are not followed, for the body would go where nobody wanted it.

        Raises ``RefusedError`` and ``UnansweredError``.
        """
        headers = {
            **self._headers,
            "content-type": content_type,
            **signature_headers(self._target.secret, message_id, int(time.time()), body),
        }
        try:
            response = self._pool.request(
                "POST", self._url, body=body, headers=headers, redirect=False, preload_content=False
            )
            if len(response.read(_ANSWER_BYTES + 1)) > _ANSWER_BYTES:
                response.close()
            response.release_conn()
        except (urllib3.exceptions.HTTPError, OSError) as error:
            raise UnansweredError(_reason(error), is_away=True) from error
        status = response.status
        if status in _AWAY:
            raise UnansweredError(f"status {status}", True, _retry_after_s(response.headers.get("retry-after", "")))
        if status >= 500:
            raise UnansweredError(f"status {status}", is_away=False)
        if 300 <= status < 400:
            raise RefusedError(
                f"status {status}: it is elsewhere, and redirects are not followed; give its new address"
            )
        if status >= 400:
            raise RefusedError(f"status {status}")

    def close(self) -> None:
        """Closes the connection."""
        self._pool.clear()


def signature_headers(secret: bytes | None, message_id: str, timestamp_s: int, body: bytes) -> dict[str, str]:
    """The headers of Standard Webhooks; without a ``secret`` there is no signature."""
    headers = {"webhook-id": message_id, "webhook-timestamp": str(timestamp_s)}
    if secret is not None:
        signed = b".".join((message_id.encode(), str(timestamp_s).encode(), body))
        digest = hmac.digest(secret, signed, hashlib.sha256)
        headers["webhook-signature"] = f"v1,{base64.b64encode(digest).decode()}"
    return headers


def secret_of(text: str, where: str) -> bytes:
    """The secret in a file or variable: ``whsec_`` and base64, or any text.

    Raises ``UsageError``, whose message does not hold the secret.
    """
    secret = text.strip()
    try:
        found = base64.b64decode(secret.removeprefix("whsec_")) if secret.startswith("whsec_") else secret.encode()
    except ValueError as error:
        raise UsageError(f"the secret in {where} begins with whsec_, and what follows is no base64") from error
    if not found:
        raise UsageError(f"there is no secret in {where}: expected one line")
    return found


def _host(url: str) -> str:
    """The scheme and host of an address of the web. Raises ``UsageError``, which does not hold the rest of it."""
    try:
        parsed = urllib3.util.parse_url(url)
    except urllib3.exceptions.LocationParseError as error:
        raise UsageError("a webhook's address cannot be read: expected https://HOST/PATH") from error
    if parsed.scheme not in ("http", "https") or not parsed.host:
        raise UsageError(f"found a webhook's address with {parsed.scheme or 'no scheme'}, expected https://HOST/PATH")
    return f"{parsed.scheme}://{parsed.host}" + (f":{parsed.port}" if parsed.port else "")


def _reason(error: Exception) -> str:
    """What went wrong in the words of the system, without the address."""
    cause: BaseException = error
    while cause.__context__ is not None:
        cause = cause.__context__
    if isinstance(cause, OSError) and cause.strerror:
        return cause.strerror
    return "no answer in time" if isinstance(error, urllib3.exceptions.TimeoutError) else type(error).__name__


def _retry_after_s(text: str) -> float:
    return min(float(text), _LONGEST_RETRY_AFTER_S) if text.isdecimal() else 0.0
