"""Policies of classic balancers: made, given to listeners and to ports of targets, with what they change."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from mockcloud.cloud.core.balancers import listener_on
from mockcloud.cloud.core.elastic_values import Policy
from mockcloud.cloud.core.numbers import whole_number
from mockcloud.cloud.core.refusal import Refusal, Why
from mockcloud.cloud.core.values import HttpOptions

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mockcloud.cloud.core.state import Draft
    from mockcloud.cloud.core.values import Balancer, Listener

PROXY_PROTOCOL: Final = "ProxyProtocolPolicyType"
TLS_NEGOTIATION: Final = "SSLNegotiationPolicyType"
COOKIE: Final = "LBCookieStickinessPolicyType"
TYPES: Final = (
    PROXY_PROTOCOL,
    TLS_NEGOTIATION,
    COOKIE,
    "AppCookieStickinessPolicyType",
    "PublicKeyPolicyType",
    "BackendServerAuthenticationPolicyType",
)
MOST: Final = 100
_COOKIE_SECONDS: Final = "CookieExpirationPeriod"
# What listeners with TLS have unless they are told.
DEFAULT_TLS: Final = Policy(
    "ELBSecurityPolicy-2016-08",
    TLS_NEGOTIATION,
    (("Reference-Security-Policy", "ELBSecurityPolicy-2016-08"),),
)


def create(draft: Draft, balancer: Balancer, policy: Policy) -> Balancer:
    """One more, unless it is there; Refusal POLICY_EXISTS (another), NO_POLICY_TYPE, QUOTA (`policies`)."""
    if policy.type not in TYPES:
        message = f"Policy type '{policy.type}' does not exist: there are {', '.join(TYPES)}"
        raise Refusal(Why.NO_POLICY_TYPE, message, "policy_type")
    same = next((each for each in balancer.policies if each.name == policy.name), None)
    if same == policy:
        return balancer
    if same is not None:
        message = f"There is already a policy with name {policy.name} for load balancer {balancer.name}"
        raise Refusal(Why.POLICY_EXISTS, message, "policy_name")
    if len(balancer.policies) >= MOST:
        raise Refusal(Why.QUOTA, f"a load balancer has at most {MOST} policies", "policies")
    return draft.put(replace(balancer, policies=(*balancer.policies, policy)))


def delete(draft: Draft, balancer: Balancer, name: str) -> Balancer:
    """It is gone; Refusal CONFIGURATION while it is used. One that is not there is passed over."""
    given = [each.policies for each in balancer.listeners] + list(balancer.port_policies.values())
    if any(name in names for names in given):
        raise Refusal(Why.CONFIGURATION, f"policy {name} is in use: take it away first", "policy_name")
    left = tuple(each for each in balancer.policies if each.name != name)
    return draft.put(replace(balancer, policies=left))


def give_to_listener(draft: Draft, balancer: Balancer, port: int, names: Sequence[str]) -> Balancer:
    """These and no others; Refusal NOT_FOUND (a listener), NO_POLICY."""
    before = listener_on(balancer, port)
    chosen = [_named(balancer, name) for name in names]
    after = _sticky(replace(before, policies=tuple(names)), chosen)
    listeners = tuple(after if each.port == port else each for each in balancer.listeners)
    return draft.put(replace(balancer, listeners=listeners))


def give_to_port(draft: Draft, balancer: Balancer, port: int, names: Sequence[str]) -> Balancer:
    """To a port of the targets, whichever listeners send there, now or later; Refusal NO_POLICY."""
    for name in names:
        _named(balancer, name)
    others = {each: given for each, given in balancer.port_policies.items() if each != port}
    given = {**others, port: tuple(names)} if names else others
    changed = replace(balancer, port_policies=given)
    listeners = tuple(by_port_policies(changed, each) for each in changed.listeners)
    return draft.put(replace(changed, listeners=listeners))


def by_port_policies(balancer: Balancer, listener: Listener) -> Listener:
    """A listener, with what the policies of its targets' port say: whether it speaks the PROXY protocol."""
    names = balancer.port_policies.get(listener.destination_port, ())
    speaks = any(
        each.name in names
        and each.type == PROXY_PROTOCOL
        and dict(each.attributes).get("ProxyProtocol") == "true"
        for each in balancer.policies
    )
    return replace(listener, proxy_protocol=speaks)


def cookie_seconds(policy: Policy) -> int | None:
    """How long a policy's cookie lasts; None: as long as the browser."""
    return whole_number(dict(policy.attributes).get(_COOKIE_SECONDS, ""))


def _sticky(listener: Listener, chosen: Sequence[Policy]) -> Listener:
    if not listener.protocol.is_http:
        return listener
    options = listener.http or HttpOptions()
    cookie = next((each for each in chosen if each.type == COOKIE), None)
    lifetime = (cookie_seconds(cookie) if cookie is not None else None) or options.cookie_lifetime
    http = replace(
        options, sticky_sessions=cookie is not None, cookie_name="AWSELB", cookie_lifetime=lifetime
    )
    return replace(listener, http=http)


def _named(balancer: Balancer, name: str) -> Policy:
    found = next((each for each in balancer.policies if each.name == name), None)
    if found is None:
        message = f"There is no policy with name {name} for load balancer {balancer.name}"
        raise Refusal(Why.NO_POLICY, message, "policy_names")
    return found
