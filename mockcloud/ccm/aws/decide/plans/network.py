"""An NLB: made, changed, deleted."""

from typing import Any

from mockcloud.ccm.aws.decide.calls import NETWORK, Call, Made, tag_list
from mockcloud.ccm.aws.decide.plans import target_groups
from mockcloud.ccm.aws.decide.plans.place import Place
from mockcloud.ccm.aws.decide.plans.target_groups import Arn
from mockcloud.ccm.aws.decide.seen import Listener, Seen
from mockcloud.ccm.aws.decide.wanted.network import DEFAULT_ATTRIBUTES, Mapped, NetworkWanted
from mockcloud.ccm.aws.decide.wanted.refusal import Refused

BALANCER = "balancer"


def ensure_network(wanted: NetworkWanted, place: Place, seen: Seen) -> list[Call]:
    """First the balancer: whatever comes after it is found again by it. Refused."""
    calls: list[Call] = []
    arn: Arn = Made(BALANCER, ("LoadBalancers", 0, "LoadBalancerArn"))
    listeners = {each.port: each for each in seen.network.listeners} if seen.network else {}
    if seen.network:
        arn = seen.network.arn
    else:
        calls.append(_creation(wanted, place))
    groups = {each.name: each for each in seen.groups}
    for mapped in wanted.mappings:
        made, group = target_groups.ensure_group(mapped, groups.get(mapped.group_name), wanted, place)
        calls += [*made, *_listener(arn, mapped, listeners.get(mapped.port), group, wanted)]
    ports = {each.port for each in wanted.mappings}
    calls += _without_listeners([each for port, each in sorted(listeners.items()) if port not in ports])
    names = {each.group_name for each in wanted.mappings}
    calls += target_groups.deletion([each for each in seen.groups if each.name not in names])
    return [*calls, *_attributes(arn, wanted, seen)]


def delete_network(seen: Seen) -> list[Call]:
    """The balancer last: as long as there is anything else, it is there to be found."""
    calls = _without_listeners(seen.network.listeners if seen.network else ())
    calls += target_groups.deletion(seen.groups)
    if seen.network:
        calls.append(Call(NETWORK, "delete_load_balancer", {"LoadBalancerArn": seen.network.arn}))
    return calls


def _creation(wanted: NetworkWanted, place: Place) -> Call:
    if wanted.addresses and len(wanted.addresses) != len(place.subnets):
        counts = f"EIP AllocationIDs ({len(wanted.addresses)}) and SubnetIDs ({len(place.subnets)})"
        msg = f"error creating load balancer: Must have same number of {counts}"
        raise Refused(msg)
    mappings: list[dict[str, str]] = [{"SubnetId": each} for each in place.subnets]
    for mapping, address in zip(mappings, wanted.addresses, strict=False):
        mapping["AllocationId"] = address
    params: dict[str, Any] = {
        "Name": wanted.name,
        "Type": "network",
        "SubnetMappings": mappings,
        "Tags": tag_list(wanted.tags),
    }
    if wanted.internal:
        params["Scheme"] = "internal"
    return Call(NETWORK, "create_load_balancer", params, BALANCER)


def _listener(
    balancer: Arn, mapped: Mapped, present: Listener | None, group: Arn, wanted: NetworkWanted
) -> list[Call]:
    told: dict[str, Any] = {
        "Port": mapped.port,
        "Protocol": mapped.protocol,
        "DefaultActions": [{"Type": "forward", "TargetGroupArn": group}],
    }
    if mapped.certificate:
        told["Certificates"] = [{"CertificateArn": mapped.certificate}]
    if mapped.policy:
        told["SslPolicy"] = mapped.policy
    if present is None:
        params = {"LoadBalancerArn": balancer, **told, "Tags": tag_list(wanted.tags)}
        return [Call(NETWORK, "create_listener", params)]
    as_wanted = (
        (present.protocol, present.group, present.certificate) == (mapped.protocol, group, mapped.certificate)
    ) and mapped.policy in ("", present.policy)
    return [] if as_wanted else [Call(NETWORK, "modify_listener", {"ListenerArn": present.arn, **told})]


def _without_listeners(listeners: "tuple[Listener, ...] | list[Listener]") -> list[Call]:
    return [Call(NETWORK, "delete_listener", {"ListenerArn": each.arn}) for each in listeners]


def _attributes(arn: Arn, wanted: NetworkWanted, seen: Seen) -> list[Call]:
    present = seen.network.attributes if seen.network else DEFAULT_ATTRIBUTES
    differing = {key: value for key, value in wanted.attributes.items() if present.get(key, "") != value}
    if not differing:
        return []
    told = [{"Key": key, "Value": value} for key, value in sorted(differing.items())]
    return [Call(NETWORK, "modify_load_balancer_attributes", {"LoadBalancerArn": arn, "Attributes": told})]
