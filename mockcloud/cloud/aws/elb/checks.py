"""elb's health checks, whose target is one text: TCP:30000, HTTP:32123/healthz."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from mockcloud.cloud.aws.elb.protocols import read_protocol, shown_protocol
from mockcloud.cloud.aws.errors import AwsError
from mockcloud.cloud.core.values import HealthCheck, HttpCheck

if TYPE_CHECKING:
    from mockcloud.cloud.core.elastic_values import Protocol

Shape = dict[str, Any]
_TARGET: Final = re.compile(r"([A-Za-z]+):([0-9]{1,5})(/.{0,1023})?")
_ACCEPTED: Final = ("200",)


def read_check(given: Shape) -> HealthCheck:
    """AwsError ValidationError for a target of another form."""
    protocol, port, path = _target(given["Target"])
    http = None
    if protocol.is_http:
        http = HttpCheck(path, status_codes=_ACCEPTED, tls=protocol.value == "https")
    return HealthCheck(
        protocol,
        port,
        given["Interval"],
        given["Timeout"],
        given["UnhealthyThreshold"],
        http,
        given["HealthyThreshold"],
    )


def shown_check(check: HealthCheck) -> Shape:
    """HealthCheck."""
    path = check.http.path if check.http is not None else ""
    return {
        "Target": f"{shown_protocol(check.protocol)}:{check.port}{path}",
        "Interval": check.interval,
        "Timeout": check.timeout,
        "UnhealthyThreshold": check.retries,
        "HealthyThreshold": check.successes or check.retries,
    }


def _target(text: str) -> tuple[Protocol, int, str]:
    found = _TARGET.fullmatch(text)
    if found is None or not 1 <= int(found[2]) <= 65_535:
        message = f"HealthCheck target '{text}' must be a protocol and a port, such as TCP:80 or HTTP:80/ping"
        raise AwsError("ValidationError", message)
    protocol = read_protocol(found[1])
    if protocol.is_http and found[3] is None:
        message = (
            f"HealthCheck {shown_protocol(protocol)} Target must specify a port followed by a path that "
            "begins with a slash. e.g. HTTP:80/ping/this/path"
        )
        raise AwsError("ValidationError", message)
    if not protocol.is_http and found[3] is not None:
        message = f"HealthCheck {shown_protocol(protocol)} Target has no path: '{text}'"
        raise AwsError("ValidationError", message)
    return protocol, int(found[2]), found[3] or ""
