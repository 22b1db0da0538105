"""What can go wrong between us and the API, one class a meaning.

`ApiError` carries the server's own Status; `ApiUnreachable` means that no answer came. Whether to try again
is a question to the error (`worth_retrying`), so that no caller keeps its own list of codes.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Final

import orjson

from baremetal_lb.model.rights import user_in, who

if TYPE_CHECKING:
    from baremetal_lb.model.rights import Right

RETRYABLE: Final = frozenset({408, 429, 500, 502, 503, 504})
MESSAGE_LIMIT: Final = 512


class KubeError(Exception):
    """The base of everything the client raises."""

    worth_retrying: bool = False
    retry_after: float | None = None


class ApiUnreachable(KubeError):
    """No answer: refused, reset, timed out, or a TLS handshake that failed."""

    worth_retrying = True


class LeadUncertain(KubeError):
    """Not sent: somebody else may lead by now."""

    worth_retrying = True


class ApiError(KubeError):
    """The server answered with a Status of failure."""

    def __init__(self, status: int, reason: str, message: str, retry_after: float | None = None) -> None:
        super().__init__(f"{status} {reason}: {message}")
        self.status = status
        self.reason = reason
        self.message = message
        self.retry_after = retry_after
        self.worth_retrying = status in RETRYABLE


class NotFound(ApiError):
    """404: the object, its namespace or the whole resource is not there."""


class Conflict(ApiError):
    """409: the object has changed since, or exists already."""


class Gone(ApiError):
    """410: the resourceVersion or continue token is too old; list again."""


class Refused(ApiError):
    """401 or 403: who we are, or what we may do, is not enough. `right` is the one that is missing."""

    right: Right | None = None

    def __str__(self) -> str:
        answer = super().__str__()
        if self.status == HTTPStatus.UNAUTHORIZED:
            return (
                f"the API does not know us: the token or certificate is not valid, or has expired ({answer})"
            )
        if self.right is None:
            return answer
        user = user_in(self.message)
        remedy = f"; to give it: {self.right.command(user)}" if user else ""
        return f"missing right: {self.right} for {who(user)}{remedy} ({answer})"


_CLASSES: Final[dict[int, type[ApiError]]] = {
    401: Refused,
    403: Refused,
    404: NotFound,
    409: Conflict,
    410: Gone,
}


def reason_of(error: KubeError | TimeoutError) -> str:
    """What a log line says of it; a deadline that has passed has no words of its own."""
    return str(error) or "no answer in time"


class KubeconfigError(KubeError):
    """No usable way to reach a cluster; the text says what was looked for."""


def api_error(status: int, body: bytes, retry_after: str | None = None) -> ApiError:
    """The error for an HTTP answer; foreign bodies that are no Status are quoted, cut."""
    reason, message = "Unknown", ""
    try:
        answer = orjson.loads(body)
    except orjson.JSONDecodeError:
        message = body[:MESSAGE_LIMIT].decode(errors="replace").strip()
    else:
        if isinstance(answer, dict):
            reason, message = (
                str(answer.get("reason", reason)),
                str(answer.get("message", ""))[:MESSAGE_LIMIT],
            )
    seconds = float(retry_after) if retry_after and retry_after.isdigit() else None
    return _CLASSES.get(status, ApiError)(status, reason, message, seconds)
