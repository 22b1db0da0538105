"""elb's names of protocols; it says SSL where the core says TLS."""

from __future__ import annotations

from typing import Final

from mockcloud.cloud.aws.errors import AwsError
from mockcloud.cloud.core.elastic_values import Protocol

_NAMES: Final = {
    "TCP": Protocol.TCP,
    "SSL": Protocol.TLS,
    "HTTP": Protocol.HTTP,
    "HTTPS": Protocol.HTTPS,
}


def read_protocol(text: str) -> Protocol:
    """In whichever letters; AwsError ValidationError."""
    found = _NAMES.get(text.upper())
    if found is None:
        raise AwsError("ValidationError", f"'{text}' is not a protocol: expected {', '.join(_NAMES)}")
    return found


def shown_protocol(protocol: Protocol) -> str:
    """As answers have it; what only other balancers speak by its own name."""
    return "SSL" if protocol is Protocol.TLS else protocol.upper()
