"""What AWS answers where it does not do what it was asked."""

from __future__ import annotations

from typing import Final

from mockcloud.cloud.core.refusal import Refusal, Why


class AwsError(Exception):
    """`code` as clients compare it (of a modelled exception: its error's code), `status` of HTTP."""

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.code, self.message, self.status = code, message, status


# Where a handler has no better word. The services' common errors, and EC2's list of codes.
_COMMON: Final = {
    Why.NOT_FOUND: "ValidationError",
    Why.QUOTA: "LimitExceeded",
    Why.LOCKED: "OperationNotPermitted",
    Why.PROTECTED: "OperationNotPermitted",
    Why.IN_USE: "ResourceInUse",
}
_EC2: Final = {
    Why.NOT_FOUND: "InvalidParameterValue",
    Why.QUOTA: "ResourceLimitExceeded",
    Why.LOCKED: "IncorrectInstanceState",
    Why.PROTECTED: "OperationNotPermitted",
    Why.IN_USE: "DependencyViolation",
    Why.NO_SPACE: "InsufficientFreeAddressesInSubnet",
    Why.ADDRESS_TAKEN: "InvalidIPAddress.InUse",
    Why.NOT_UNIQUE: "InvalidParameterValue",
}


def error_of(refusal: Refusal, service: str) -> AwsError:
    """A refusal of the core in the words of a service."""
    if service == "ec2":
        return AwsError(_EC2.get(refusal.why, "InvalidParameterValue"), refusal.message)
    return AwsError(_COMMON.get(refusal.why, "ValidationError"), refusal.message)


def ordered_error(service: str, status: int, code: str, message: str) -> AwsError:
    """A fault that a tester ordered; without a code the service's own one for that status."""
    ec2 = service == "ec2"
    if code:
        return AwsError(code, message, status)
    if status == 429:  # AWS does not answer with it
        return (
            AwsError("RequestLimitExceeded", "Request limit exceeded.", 503)
            if ec2
            else AwsError("Throttling", "Rate exceeded")
        )
    if status == 503:
        return AwsError("Unavailable" if ec2 else "ServiceUnavailable", message, status)
    if status >= 500:
        return AwsError("InternalError" if ec2 else "InternalFailure", message, status)
    return AwsError("InvalidParameterValue" if ec2 else "ValidationError", message, status)
