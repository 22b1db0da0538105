"""The annotations that are understood, and how their values are read."""

import difflib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from mockcloud.ccm.aws.decide.wanted.refusal import Refused

PREFIX: Final = "service.beta.kubernetes.io/aws-load-balancer-"
NLB: Final = "nlb"
ELSEWHERE: Final = frozenset({"nlb-ip", "external"})
"""Types that the AWS Load Balancer Controller looks after."""
CLASSIC, NETWORK = "classic", "network"
TRUE: Final = frozenset({"1", "t", "T", "true", "TRUE", "True"})  # as Go's strconv.ParseBool reads them
FALSE: Final = frozenset({"0", "f", "F", "false", "FALSE", "False"})


@dataclass(frozen=True, slots=True)
class Known:
    """One annotation: which kinds of balancer it is for, and what it does."""

    kinds: tuple[str, ...]
    does: str


_BOTH: Final = (CLASSIC, NETWORK)
KNOWN: Final[Mapping[str, Known]] = {
    "access-log-emit-interval": Known((CLASSIC,), "minutes between access logs"),
    "access-log-enabled": Known(_BOTH, "access logs, true or false"),
    "access-log-s3-bucket-name": Known(_BOTH, "where access logs go"),
    "access-log-s3-bucket-prefix": Known(_BOTH, "and below which prefix"),
    "additional-resource-tags": Known(_BOTH, "further tags, `K=V,...`"),
    "backend-protocol": Known(_BOTH, "`http`, `https`, `ssl` or `tcp` towards the nodes"),
    "connection-draining-enabled": Known((CLASSIC,), "true or false"),
    "connection-draining-timeout": Known((CLASSIC,), "seconds"),
    "connection-idle-timeout": Known((CLASSIC,), "seconds (60)"),
    "cross-zone-load-balancing-enabled": Known(_BOTH, "true or false (false)"),
    "eip-allocations": Known((NETWORK,), "ids of addresses, one for each subnet"),
    "extra-security-groups": Known((CLASSIC,), "groups beside the balancer's own"),
    "healthcheck-healthy-threshold": Known(_BOTH, "checks in a row"),
    "healthcheck-interval": Known(_BOTH, "seconds"),
    "healthcheck-path": Known(_BOTH, "for HTTP and HTTPS"),
    "healthcheck-port": Known(_BOTH, "a number, or `traffic-port`"),
    "healthcheck-protocol": Known(_BOTH, "`TCP`, `HTTP`, `HTTPS` (classic: `SSL`, too)"),
    "healthcheck-timeout": Known((CLASSIC,), "seconds"),
    "healthcheck-unhealthy-threshold": Known(_BOTH, "checks in a row"),
    "internal": Known(_BOTH, "anything but `false`: an internal balancer"),
    "proxy-protocol": Known((CLASSIC,), "`*`: PROXY protocol to all ports"),
    "security-groups": Known((CLASSIC,), "groups instead of the balancer's own"),
    "ssl-cert": Known(_BOTH, "the ARN of a certificate"),
    "ssl-negotiation-policy": Known(_BOTH, "the name of a TLS policy"),
    "ssl-ports": Known(_BOTH, "numbers and names of ports, or `*`"),
    "subnets": Known(_BOTH, "ids or names, one a zone"),
    "target-group-attributes": Known(
        (NETWORK,), "`preserve_client_ip.enabled=...`, `proxy_protocol_v2.enabled=...`"
    ),
    "target-node-labels": Known(_BOTH, "nodes with these labels only, `K=V,...`"),
    "type": Known(_BOTH, "`nlb`; `external` and `nlb-ip` are left to another controller"),
}
"""By what follows PREFIX."""


# https://kubernetes-sigs.github.io/aws-load-balancer-controller/latest/guide/service/annotations/
OF_ANOTHER_CONTROLLER: Final = frozenset(
    (
        *("alpn-policy", "attributes", "healthcheck-success-codes", "ip-address-type", "ipv6-addresses"),
        *("manage-backend-security-group-rules", "name", "nlb-target-type", "private-ipv4-addresses"),
        *("scheme", "security-group-prefix-lists"),
    )
)


@dataclass(frozen=True, slots=True)
class Annotations:
    """A Service's own, by what follows PREFIX."""

    values: Mapping[str, str]

    @property
    def network(self) -> bool:
        """Whether an NLB is wanted; else it is a classic balancer."""
        return self.values.get("type") == NLB

    @property
    def elsewhere(self) -> bool:
        """Whether it is another controller's."""
        return self.values.get("type") in ELSEWHERE

    @property
    def internal(self) -> bool:
        """Whether the balancer has no public addresses."""
        return self.text("internal") not in ("", "false")

    def text(self, name: str, default: str = "") -> str:
        """The value; an annotation that is empty is there, and counts."""
        return self.values.get(name, default)

    def pairs(self, name: str) -> dict[str, str]:
        """`K=V,K2=,K3` as a mapping; what has no key is dropped."""
        found = (each.strip().split("=") for each in self.text(name).strip().split(","))
        return {each[0]: each[1] if len(each) > 1 else "" for each in found if each[0]}

    def listed(self, name: str) -> list[str]:
        """`A, B` as a list."""
        return [each.strip() for each in self.text(name).split(",") if each.strip()]

    def truth(self, name: str) -> bool | None:
        """True or false; None where it is absent or empty. Refused."""
        value = self.text(name)
        if value not in TRUE | FALSE | {""}:
            msg = f"error parsing service annotation: {PREFIX}{name}={value}"
            raise Refused(msg)
        return None if not value else value in TRUE

    def number(self, name: str) -> int | None:
        """A whole number; None where it is absent or empty. Refused."""
        value = self.text(name)
        if value and not value.removeprefix("-").isdecimal():
            msg = f"error parsing service annotation: {PREFIX}{name}={value}"
            raise Refused(msg)
        return int(value) if value else None


def annotations_of(present: Mapping[str, str]) -> Annotations:
    """A Service's annotations that are for AWS' balancers."""
    return Annotations(
        {key.removeprefix(PREFIX): each for key, each in present.items() if key.startswith(PREFIX)}
    )


def _hint(name: str) -> str:
    """Whose annotation it is, or which was meant."""
    if name in OF_ANOTHER_CONTROLLER:
        return ": it is one of the AWS Load Balancer Controller's"
    near = difflib.get_close_matches(name, KNOWN, 1)
    return f"; did you mean {PREFIX}{near[0]}?" if near else ""


def complaints(given: Annotations) -> list[str]:
    """A sentence for each annotation that has no effect."""
    if given.elsewhere:
        return []
    kind = NETWORK if given.network else CLASSIC
    found = []
    for name in sorted(given.values):
        known = KNOWN.get(name)
        if known is None:
            text = f"annotation {PREFIX}{name} is not known to this controller and has no effect"
            found.append(text + _hint(name))
        elif kind not in known.kinds:
            text = f"annotation {PREFIX}{name} has no effect on a {kind} load balancer"
            found.append(f"{text}: it is for {known.kinds[0]} ones")
    wanted = given.text("type")
    if wanted not in ("", NLB):
        found.append(
            f"annotation {PREFIX}type is {wanted!r}: expected {NLB!r}; a classic load balancer is made"
        )
    return found
