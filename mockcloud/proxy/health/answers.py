"""The answers, as kube-proxy words them. Pure."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from mockcloud.proxy.decide.views import Family, ServiceKey

OK: Final = 200
UNAVAILABLE: Final = 503
FAMILY_NAMES: Final = {Family.IPV4: "IPv4", Family.IPV6: "IPv6"}
HEADERS: Final = {"Content-Type": "application/json", "X-Content-Type-Options": "nosniff"}
_TEXT_HEADERS: Final = {**HEADERS, "Content-Type": "text/plain; charset=utf-8"}


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP answer."""

    status: int
    body: str
    headers: Mapping[str, str]


NOT_FOUND: Final = Answer(404, "404 page not found\n", _TEXT_HEADERS)


def about_service(service: ServiceKey, endpoints: int, *, healthy: bool) -> Answer:
    """On a healthCheckNodePort, at any path: whether the node has ready endpoints of its own."""
    found = {
        "service": {"namespace": service.namespace, "name": service.name},
        "localEndpoints": endpoints,
        "serviceProxyHealthy": healthy,
    }
    headers = {**HEADERS, "X-Load-Balancing-Endpoint-Weight": str(endpoints)}
    return Answer(OK if endpoints and healthy else UNAVAILABLE, json.dumps(found, indent="\t"), headers)


@dataclass(frozen=True, slots=True)
class FamilyHealth:
    """Whether one family's rules keep up, and when they last did."""

    updated: datetime
    healthy: bool


def about_proxy(
    families: Mapping[Family, FamilyHealth], now: datetime, *, eligible: bool | None = None
) -> Answer:
    """On :10256, /healthz with `eligible` (whether the node is to stay) and /livez without."""
    healthy = all(one.healthy for one in families.values())
    good = healthy and eligible is not False
    latest = now if good else max(one.updated for one in families.values())
    found: dict[str, object] = {"lastUpdated": _text(latest), "currentTime": _text(now)}
    if eligible is not None:
        found["nodeEligible"] = eligible
    found["healthy"] = healthy
    found["status"] = {
        FAMILY_NAMES[family]: {"lastUpdated": _text(one.updated), "healthy": one.healthy}
        for family, one in families.items()
    }
    return Answer(OK if good else UNAVAILABLE, json.dumps(found, separators=(",", ":")), HEADERS)


def about_status(path: str) -> Answer:
    """On the node's loopback, :10249: how the proxy works, as kube-proxy in its nftables mode says it."""
    found = {"/proxyMode": "nftables", "/healthz": "ok"}.get(path)
    return NOT_FOUND if found is None else Answer(OK, found, _TEXT_HEADERS)


def about_rules(*, programmed: bool) -> Answer:
    """Whether the node's rules are as new as was asked for; not kube-proxy's."""
    body = json.dumps({"programmed": programmed}, separators=(",", ":"))
    return Answer(OK if programmed else UNAVAILABLE, body, HEADERS)


def _text(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
