"""Every "no" of the API as a value: the Status object's code, reason, details and Kubernetes' own words."""

from collections.abc import Sequence
from typing import Final

from mockcloud.kube.field_errors import Cause, summary
from mockcloud.kube.json_types import JsonObject
from mockcloud.kube.resources.kind import Kind


class Refusal(Exception):
    """A request that is not carried out; `status()` is the body of the answer."""

    def __init__(self, code: int, reason: str, message: str, details: JsonObject | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.reason = reason
        self.message = message
        self.details = details

    def status(self) -> JsonObject:
        """The metav1.Status that says it."""
        return failure(self.code, self.reason, self.message, self.details)


def failure(code: int, reason: str, message: str, details: JsonObject | None = None) -> JsonObject:
    """A Status of a failure."""
    status: JsonObject = {
        "kind": "Status",
        "apiVersion": "v1",
        "metadata": {},
        "status": "Failure",
        "message": message,
        **({"reason": reason} if reason else {}),
        **({"details": details} if details is not None else {}),
        "code": code,
    }
    return status


def success(kind: Kind, name: str, uid: str | None = None) -> JsonObject:
    """A Status of a deletion that is done."""
    details = _details(kind, name)
    if uid:
        details["uid"] = uid
    return {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "details": details}


def _details(kind: Kind, name: str) -> JsonObject:
    details: JsonObject = {"name": name, "kind": kind.plural}
    if kind.group:
        details["group"] = kind.group
    return details


def unauthorized() -> Refusal:
    """No token, or a wrong one."""
    return Refusal(401, "Unauthorized", "Unauthorized")


def not_found(kind: Kind, name: str) -> Refusal:
    """The object does not exist."""
    return Refusal(404, "NotFound", f'{kind.resource} "{name}" not found', _details(kind, name))


def no_such_path() -> Refusal:
    """The path names no resource of a served group version."""
    return Refusal(404, "NotFound", "the server could not find the requested resource", {})


def already_exists(kind: Kind, name: str, *, being_deleted: bool = False) -> Refusal:
    """A create of a name that is taken."""
    prefix = "object is being deleted: " if being_deleted else ""
    message = f'{prefix}{kind.resource} "{name}" already exists'
    return Refusal(409, "AlreadyExists", message, _details(kind, name))


_MODIFIED: Final = (
    "the object has been modified; please apply your changes to the latest version and try again"
)


def conflict(kind: Kind, name: str, why: str = _MODIFIED) -> Refusal:
    """A write based on a state that is gone, or a failed precondition."""
    message = f'Operation cannot be fulfilled on {kind.resource} "{name}": {why}'
    return Refusal(409, "Conflict", message, _details(kind, name))


def forbidden(kind: Kind, name: str, why: str, causes: Sequence[JsonObject] = ()) -> Refusal:
    """The write is well-formed, but not allowed."""
    details = _details(kind, name)
    if causes:
        details["causes"] = list(causes)
    return Refusal(403, "Forbidden", f'{kind.resource} "{name}" is forbidden: {why}', details)


def bad_request(message: str) -> Refusal:
    """The request itself makes no sense."""
    return Refusal(400, "BadRequest", message)


def too_large(why: str) -> Refusal:
    """A body, an object or a patch beyond a limit, which `why` names."""
    return Refusal(413, "RequestEntityTooLarge", f"Request entity too large: {why}")


def too_many_requests(why: str) -> Refusal:
    """Busy: the same request may be right in a second."""
    return Refusal(429, "TooManyRequests", why, {"retryAfterSeconds": 1})


def invalid(kind_name: str, group: str, name: str, causes: Sequence[Cause]) -> Refusal:
    """The object breaks rules; each cause names its field. `kind_name` may be that of an options object."""
    qualified = f"{kind_name}.{group}" if group else kind_name
    listed = [{"reason": c.reason, "message": c.message, "field": c.field} for c in causes]
    named = {"name": name, "group": group, "kind": kind_name}
    details: JsonObject = {**{key: text for key, text in named.items() if text}, "causes": listed}
    return Refusal(422, "Invalid", f'{qualified} "{name}" is invalid: {summary(causes)}', details)


def method_not_allowed() -> Refusal:
    """The path exists, the method is not for it."""
    return Refusal(
        405, "MethodNotAllowed", "the server does not allow this method on the requested resource", {}
    )


def not_acceptable(offered: Sequence[str]) -> Refusal:
    """None of the media types that the client takes can be sent."""
    message = f"only the following media types are accepted: {', '.join(offered)}"
    return Refusal(406, "NotAcceptable", message)


def unsupported_media(accepted: Sequence[str]) -> Refusal:
    """The body's media type cannot be read."""
    listed = ", ".join(accepted)
    message = f"the body of the request was in an unknown format - accepted media types include: {listed}"
    return Refusal(415, "UnsupportedMediaType", message)


def expired(message: str) -> Refusal:
    """The version asked for is no longer known."""
    return Refusal(410, "Expired", message)


def version_too_large(message: str) -> Refusal:
    """The version asked for is not known yet; worth another try in a second."""
    cause = {"reason": "ResourceVersionTooLarge", "message": "Too large resource version"}
    return Refusal(504, "Timeout", f"Timeout: {message}", {"causes": [cause], "retryAfterSeconds": 1})
