"""Listeners of balancers whose targets are in groups: made, changed, gone."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from mockcloud.cloud.core.elastic import attributes
from mockcloud.cloud.core.elastic.lookup import frontends_of, users_by_group
from mockcloud.cloud.core.elastic.members import check_balancer_targets
from mockcloud.cloud.core.elastic.tags import check_tags
from mockcloud.cloud.core.elastic_values import (
    Action,
    BalancerKind,
    Frontend,
    Protocol,
    Routing,
    TargetGroup,
)
from mockcloud.cloud.core.refusal import Refusal, Why
from mockcloud.cloud.core.values import Balancer, Certificate, Labels, ResourceKind

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mockcloud.cloud.core.catalogue import Catalogue
    from mockcloud.cloud.core.state import Draft, State

MOST_TAGS: Final = 50
TLS_POLICY: Final = "ELBSecurityPolicy-2016-08"
_SECURE: Final = (Protocol.TLS, Protocol.HTTPS)
# A kind's protocols, and the protocols of the groups to which each may forward.
_FORWARDS: Final[dict[BalancerKind, dict[Protocol, tuple[Protocol, ...]]]] = {
    BalancerKind.NETWORK: {
        Protocol.TCP: (Protocol.TCP, Protocol.TCP_UDP),
        Protocol.UDP: (Protocol.UDP, Protocol.TCP_UDP),
        Protocol.TCP_UDP: (Protocol.TCP_UDP,),
        Protocol.TLS: (Protocol.TCP, Protocol.TLS),
    },
    BalancerKind.APPLICATION: {
        Protocol.HTTP: (Protocol.HTTP, Protocol.HTTPS),
        Protocol.HTTPS: (Protocol.HTTP, Protocol.HTTPS),
    },
}


@dataclass(frozen=True, slots=True)
class NewFrontend:
    """What somebody asks for."""

    protocol: Protocol
    port: int
    action: Action
    certificate: int | None = None
    tls_policy: str = ""
    alpn: str = ""
    labels: Labels = field(default_factory=dict)


def create(draft: Draft, balancer: Balancer, wanted: NewFrontend, catalogue: Catalogue) -> Frontend:
    """A listener, or the one that is like it; Refusal PORT_TAKEN, PROTOCOL, PROTOCOLS, GROUP_TAKEN, QUOTA."""
    made = Frontend(
        draft.new_id(ResourceKind.FRONTEND),
        balancer.id,
        draft.now,
        wanted.protocol,
        wanted.port,
        wanted.action,
        wanted.certificate,
        wanted.tls_policy or (TLS_POLICY if wanted.protocol in _SECURE else ""),
        wanted.alpn,
        labels=check_tags(wanted.labels, MOST_TAGS),
    )
    others = frontends_of(draft.state, balancer.id)
    same = next((each for each in others if _settings(each) == _settings(made)), None)
    if same is not None:
        return same
    most = catalogue.any_balancer_size(balancer.size).listeners
    if len(others) >= most:
        raise Refusal(Why.QUOTA, f"a {balancer.size} load balancer has at most {most} listeners", "listeners")
    return _put(draft, balancer, made, catalogue)


def modify(draft: Draft, before: Frontend, after: Frontend, catalogue: Catalogue) -> Frontend:
    """It becomes this; without TLS it has neither a certificate nor a policy. Refusal as of `create`."""
    if after.protocol in _SECURE:
        after = replace(after, tls_policy=after.tls_policy or TLS_POLICY)
    else:
        after = replace(after, certificate=None, tls_policy="", alpn="")
    known = attributes.of_frontend(after.protocol)
    kept = {name: value for name, value in after.attributes.items() if name in known}
    balancer = draft.state.get(Balancer, before.balancer)
    return _put(draft, balancer, replace(after, id=before.id, attributes=kept), catalogue)


def change_attributes(draft: Draft, frontend: Frontend, given: Mapping[str, str]) -> Frontend:
    """Refusal UNKNOWN_ATTRIBUTE, INVALID."""
    table = attributes.of_frontend(frontend.protocol)
    return draft.put(
        replace(frontend, attributes=attributes.changed(table, frontend.attributes, given, "Listener"))
    )


def delete(draft: Draft, frontend: Frontend) -> None:
    """It is gone; the groups stay."""
    draft.drop(frontend)


def _settings(frontend: Frontend) -> Frontend:
    return replace(frontend, id=0, created=0.0, attributes={}, labels={})


def _put(draft: Draft, balancer: Balancer, made: Frontend, catalogue: Catalogue) -> Frontend:
    _check_protocol(balancer, made)
    others = [each for each in frontends_of(draft.state, balancer.id) if each.id != made.id]
    if any(each.port == made.port for each in others):
        message = f"A listener already exists on port {made.port} of load balancer '{balancer.name}'"
        raise Refusal(Why.PORT_TAKEN, message, "port")
    _check_certificate(draft.state, made)
    groups = [draft.state.get(TargetGroup, number) for number in made.groups]
    for group in groups:
        _check_group(draft.state, balancer, made, group)
    numbers = {number for each in others for number in each.groups} - set(made.groups)
    others_groups = [draft.state.get(TargetGroup, number) for number in numbers]
    check_balancer_targets(catalogue, balancer.size, [*groups, *others_groups], draft.now)
    return draft.put(made)


def _check_protocol(balancer: Balancer, made: Frontend) -> None:
    known = _FORWARDS.get(balancer.kind)
    if known is None:
        message = f"load balancer '{balancer.name}' is a {balancer.kind} one: it has no target groups"
        raise Refusal(Why.WRONG_KIND, message, "load_balancer")
    if made.protocol not in known:
        message = (
            f"Protocol '{made.protocol.upper()}' is not supported by a load balancer of type "
            f"'{balancer.kind}': expected {', '.join(each.upper() for each in known)}"
        )
        raise Refusal(Why.PROTOCOL, message, "protocol")
    if made.action.routing is not Routing.FORWARD and balancer.kind is not BalancerKind.APPLICATION:
        message = f"a load balancer of type '{balancer.kind}' can only forward, not '{made.action.routing}'"
        raise Refusal(Why.CONFIGURATION, message, "default_actions")


def _check_certificate(state: State, made: Frontend) -> None:
    if made.protocol not in _SECURE:
        if made.certificate is not None or made.tls_policy:
            message = f"{made.protocol.upper()} listeners have neither a certificate nor a security policy"
            raise Refusal(Why.INVALID, message, "certificates")
    elif made.certificate is None:
        message = f"A certificate must be specified for {made.protocol.upper()} listeners"
        raise Refusal(Why.INVALID, message, "certificates")
    else:
        state.get(Certificate, made.certificate)


def _check_group(state: State, balancer: Balancer, made: Frontend, group: TargetGroup) -> None:
    allowed = _FORWARDS[balancer.kind][made.protocol]
    if group.protocol not in allowed:
        message = (
            f"The listener protocol '{made.protocol.upper()}' does not go with the protocol "
            f"'{group.protocol.upper()}' of the target group '{group.name}': "
            f"expected {' or '.join(each.upper() for each in allowed)}"
        )
        raise Refusal(Why.PROTOCOLS, message, "default_actions")
    if group.network != balancer.network:
        message = f"The target group '{group.name}' is not in the VPC of the load balancer '{balancer.name}'"
        raise Refusal(Why.CONFIGURATION, message, "default_actions")
    if set(users_by_group(state).get(group.id, ())) - {balancer.id}:
        message = f"The target group '{group.name}' cannot be associated with more than one load balancer"
        raise Refusal(Why.GROUP_TAKEN, message, "default_actions")
