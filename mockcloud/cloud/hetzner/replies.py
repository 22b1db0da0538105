"""What a request is, and what an answer is, for the handlers: no HTTP library in sight."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias

from mockcloud.cloud.core.refusal import Refusal, Why

Json: TypeAlias = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Request:
    """`body` is what was sent, decoded; {} where there was nothing. `query` keeps what is repeated."""

    query: tuple[tuple[str, str], ...] = ()
    body: Json = field(default_factory=dict)

    def all(self, name: str) -> list[str]:
        """The values of a parameter."""
        return [value for key, value in self.query if key == name]

    def one(self, name: str) -> str:
        """The last value of a parameter; empty where there is none."""
        return (self.all(name) or [""])[-1]


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer; `body` None: nothing but the status. Bytes: as it was rendered before."""

    status: int
    body: Json | bytes | None = None


class Fault(Exception):
    """The request is not answered as it was meant; `details` as the API has them for this code."""

    def __init__(self, status: int, code: str, message: str, details: Json | None = None) -> None:
        super().__init__(message)
        self.status, self.code, self.message, self.details = status, code, message, details


# https://docs.hetzner.cloud/#errors, and the codes of hcloud-go's error.go.
_CODES: Final = {
    Why.NOT_FOUND: (404, "not_found"),
    Why.INVALID: (422, "invalid_input"),
    Why.NOT_UNIQUE: (409, "uniqueness_error"),
    Why.LOCKED: (423, "locked"),
    Why.PROTECTED: (403, "protected"),
    Why.IN_USE: (409, "resource_in_use"),
    Why.QUOTA: (403, "resource_limit_exceeded"),
    Why.CONFLICT: (409, "conflict"),
    Why.PORT_TAKEN: (422, "source_port_already_used"),
    Why.TARGET_EXISTS: (422, "target_already_defined"),
    Why.NOT_IN_NETWORK: (422, "server_not_attached_to_network"),
    Why.NO_NETWORK: (422, "load_balancer_not_attached_to_network"),
    Why.HAS_NETWORK: (422, "load_balancer_already_attached"),
    Why.PUBLIC_TARGETS: (422, "targets_without_use_private_ip"),
    Why.CLOUD_ADDRESS: (422, "cloud_resource_ip_not_allowed"),
    Why.NO_PUBLIC_ADDRESS: (422, "missing_ipv4"),
    Why.TYPE_TOO_SMALL: (422, "invalid_load_balancer_type"),
    Why.WRONG_KIND: (422, "unsupported_error"),  # "conflict" would be asked again by clients
    Why.CONFIGURATION: (422, "invalid_input"),
    Why.UNKNOWN_ATTRIBUTE: (422, "invalid_input"),
    Why.PROTOCOL: (422, "invalid_input"),
    Why.PROTOCOLS: (422, "invalid_input"),
    Why.GROUP_TAKEN: (409, "resource_in_use"),
    Why.BAD_TARGET: (422, "invalid_input"),
    Why.POLICY_EXISTS: (422, "invalid_input"),
    Why.NO_POLICY: (422, "invalid_input"),
    Why.NO_POLICY_TYPE: (422, "invalid_input"),
    Why.NO_SPACE: (422, "no_subnet_available"),
    Why.ADDRESS_TAKEN: (422, "ip_not_available"),
    Why.OVERLAP: (422, "invalid_input"),
    Why.RULE_EXISTS: (409, "conflict"),
    Why.NO_RULE: (404, "not_found"),
    Why.IS_DEFAULT: (403, "protected"),
    Why.ADDRESS_HELD: (422, "primary_ip_already_assigned"),
}


def fault_of(refusal: Refusal) -> Fault:
    """A refusal in the API's words."""
    status, code = _CODES[refusal.why]
    if code == "invalid_input":
        return invalid({refusal.field or "body": [refusal.message]})
    details = None
    if code == "uniqueness_error":
        details = {"fields": [{"name": refusal.field}]}
    return Fault(status, code, refusal.message, details)


def invalid(fields: dict[str, list[str]]) -> Fault:
    """Fields with what is wrong with each."""
    said = "; ".join(f"{name}: {', '.join(messages)}" for name, messages in fields.items())
    details = {"fields": [{"name": name, "messages": messages} for name, messages in fields.items()]}
    return Fault(422, "invalid_input", f"invalid input in fields '{', '.join(fields)}': {said}", details)


def error_body(fault: Fault) -> Json:
    """The body of an answer that is an error."""
    return {"error": {"code": fault.code, "message": fault.message, "details": fault.details}}
