"""A classic balancer: made, changed, deleted."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from mockcloud.ccm.aws.decide.calls import CLASSIC, EC2, Call, Made, tag_list
from mockcloud.ccm.aws.decide.plans import rules
from mockcloud.ccm.aws.decide.plans.place import Place
from mockcloud.ccm.aws.decide.seen import ClassicBalancer, ClassicListener, Seen
from mockcloud.ccm.aws.decide.wanted import names
from mockcloud.ccm.aws.decide.wanted.classic import ClassicWanted

GROUP, BALANCER = "security group", "balancer"
PROXY_POLICY: Final = "k8s-proxyprotocol-enabled"


def ensure_classic(wanted: ClassicWanted, place: Place, seen: Seen) -> list[Call]:
    """Its security group first (found again by its name), then the balancer, then what can only follow."""
    calls, groups = _security_groups(wanted, place.vpc, seen)
    present = seen.classic
    if present is None:
        calls += [_creation(wanted, place, groups), *_proxy_policies(wanted, None)]
    else:
        calls += [
            *_subnets(wanted.name, frozenset(place.subnets), present),
            *_groups(wanted.name, groups, present),
            *_listeners(wanted, present),
            *_proxy_policies(wanted, present),
            *_tags(wanted),
        ]
    return [
        *calls,
        *_attributes(wanted, present),
        *_tls_policies(wanted, present),
        *_check(wanted, present),
        *_instances(wanted.name, frozenset(place.instances), present),
    ]


def delete_classic(name: str, seen: Seen) -> list[Call]:
    """The balancer, then the group that it was in; no node may let this group in any more."""
    calls = [_call("delete_load_balancer", name)] if seen.classic else []
    return [*calls, *delete_own_group(seen)]


def delete_own_group(seen: Seen) -> list[Call]:
    """At most one call."""
    own = seen.own_security_group
    return [Call(EC2, "delete_security_group", {"GroupId": own.id})] if own else []


def _call(operation: str, name: str, **params: Any) -> Call:  # noqa: ANN401 - AWS' own parameters
    return Call(CLASSIC, operation, {"LoadBalancerName": name, **params})


def _security_groups(wanted: ClassicWanted, vpc: str, seen: Seen) -> tuple[list[Call], list[rules.Group]]:
    further: list[rules.Group] = [*wanted.further_groups]
    if not wanted.own_group:
        return [], [*wanted.groups, *further]
    own = seen.own_security_group
    if own is None:
        made = Made(GROUP, ("GroupId",))
        granted = rules.grant(made, rules.lacking(wanted.rules, ()))
        return [_group_creation(wanted, vpc), *granted], [made, *further]
    gone = rules.lacking(own.rules, wanted.rules)
    new = rules.lacking(wanted.rules, own.rules)
    repaired = _group_tags(wanted, own.id, own.tags)
    return [*repaired, *rules.grant(own.id, new), *rules.revoke(own.id, gone)], [own.id, *further]


def _group_creation(wanted: ClassicWanted, vpc: str) -> Call:
    tags = {key: value for key, value in wanted.tags.items() if key != names.SERVICE_TAG}
    params = {
        "GroupName": names.security_group_name(wanted.name),
        "Description": f"Security group for Kubernetes ELB {wanted.name} ({wanted.service})",
        "VpcId": vpc,
        "TagSpecifications": [{"ResourceType": "security-group", "Tags": tag_list(tags)}],
    }
    return Call(EC2, "create_security_group", params, GROUP)


def _group_tags(wanted: ClassicWanted, group: str, present: Mapping[str, str]) -> list[Call]:
    """A group without its cluster's tag would not be known as the cluster's."""
    cluster = {key: value for key, value in wanted.tags.items() if key.startswith(names.CLUSTER_TAG)}
    missing = {key: value for key, value in cluster.items() if key not in present}
    if not missing:
        return []
    return [Call(EC2, "create_tags", {"Resources": [group], "Tags": tag_list(missing)})]


def _creation(wanted: ClassicWanted, place: Place, groups: list[rules.Group]) -> Call:
    params: dict[str, Any] = {
        "LoadBalancerName": wanted.name,
        "Listeners": [_told(each) for each in wanted.listeners],
        "Subnets": list(place.subnets),
        "SecurityGroups": groups,
        "Tags": tag_list(wanted.tags),
    }
    if wanted.internal:
        params["Scheme"] = "internal"
    return Call(CLASSIC, "create_load_balancer", params, BALANCER)


def _told(listener: ClassicListener) -> dict[str, Any]:
    told = {
        "Protocol": listener.protocol,
        "LoadBalancerPort": listener.port,
        "InstanceProtocol": listener.node_protocol,
        "InstancePort": listener.node_port,
    }
    return told | ({"SSLCertificateId": listener.certificate} if listener.certificate else {})


def _subnets(name: str, wanted: frozenset[str], present: ClassicBalancer) -> list[Call]:
    gone, new = sorted(present.subnets - wanted), sorted(wanted - present.subnets)
    calls = [_call("detach_load_balancer_from_subnets", name, Subnets=gone)] if gone else []
    return [*calls, *([_call("attach_load_balancer_to_subnets", name, Subnets=new)] if new else [])]


def _groups(name: str, wanted: list[rules.Group], present: ClassicBalancer) -> list[Call]:
    if set(wanted) == set(present.groups):
        return []
    return [_call("apply_security_groups_to_load_balancer", name, SecurityGroups=wanted)]


def _listeners(wanted: ClassicWanted, present: ClassicBalancer) -> list[Call]:
    gone = sorted(each.port for each in present.listeners if each not in wanted.listeners)
    new = [_told(each) for each in wanted.listeners if each not in present.listeners]
    calls = [_call("delete_load_balancer_listeners", wanted.name, LoadBalancerPorts=gone)] if gone else []
    return [*calls, *([_call("create_load_balancer_listeners", wanted.name, Listeners=new)] if new else [])]


def _proxy_policies(wanted: ClassicWanted, present: ClassicBalancer | None) -> list[Call]:
    calls: list[Call] = []
    if wanted.proxy_protocol and (present is None or PROXY_POLICY not in present.policies):
        attributes = [{"AttributeName": "ProxyProtocol", "AttributeValue": "true"}]
        kind = {"PolicyTypeName": "ProxyProtocolPolicyType", "PolicyAttributes": attributes}
        calls.append(_call("create_load_balancer_policy", wanted.name, PolicyName=PROXY_POLICY, **kind))
    policies = present.node_policies if present else {}
    ports = {each.node_port for each in wanted.listeners} if wanted.proxy_protocol else set()
    for port in sorted(ports | set(policies)):
        has, wants = PROXY_POLICY in policies.get(port, ()), port in ports
        if has != wants:
            told = {"InstancePort": port, "PolicyNames": [PROXY_POLICY] if wants else []}
            calls.append(_call("set_load_balancer_policies_for_backend_server", wanted.name, **told))
    return calls


def _tags(wanted: ClassicWanted) -> list[Call]:
    if not wanted.further_tags:
        return []
    told = {"LoadBalancerNames": [wanted.name], "Tags": tag_list(wanted.further_tags)}
    return [Call(CLASSIC, "add_tags", told)]


def _attributes(wanted: ClassicWanted, present: ClassicBalancer | None) -> list[Call]:
    if present is not None and _includes(present.attributes, wanted.attributes):
        return []
    return [_call("modify_load_balancer_attributes", wanted.name, LoadBalancerAttributes=wanted.attributes)]


def _includes(present: Mapping[str, Any], wanted: Mapping[str, Mapping[str, Any]]) -> bool:
    return all(
        (present.get(part) or {}).get(key) == value
        for part, values in wanted.items()
        for key, value in values.items()
    )


def _tls_policies(wanted: ClassicWanted, present: ClassicBalancer | None) -> list[Call]:
    if wanted.tls_policy is None:
        return []
    name = f"k8s-SSLNegotiationPolicy-{wanted.tls_policy}"
    calls: list[Call] = []
    if present is None or name not in present.policies:
        attributes = [{"AttributeName": "Reference-Security-Policy", "AttributeValue": wanted.tls_policy}]
        kind = {"PolicyTypeName": "SSLNegotiationPolicyType", "PolicyAttributes": attributes}
        calls.append(_call("create_load_balancer_policy", wanted.name, PolicyName=name, **kind))
    for listener in _secure(wanted.listeners):
        if present is None or present.listeners.get(listener) != (name,):
            told = {"LoadBalancerPort": listener.port, "PolicyNames": [name]}
            calls.append(_call("set_load_balancer_policies_of_listener", wanted.name, **told))
    return calls


def _secure(listeners: Iterable[ClassicListener]) -> list[ClassicListener]:
    return [each for each in listeners if each.protocol in ("SSL", "HTTPS")]


def _check(wanted: ClassicWanted, present: ClassicBalancer | None) -> list[Call]:
    if present is not None and all(present.check.get(key) == each for key, each in wanted.check.items()):
        return []
    return [_call("configure_health_check", wanted.name, HealthCheck=dict(wanted.check))]


def _instances(name: str, wanted: frozenset[str], present: ClassicBalancer | None) -> list[Call]:
    before = present.instances if present else frozenset()
    calls: list[Call] = []
    for operation, ids in (
        ("register_instances_with_load_balancer", wanted - before),
        ("deregister_instances_from_load_balancer", before - wanted),
    ):
        if ids:
            calls.append(_call(operation, name, Instances=[{"InstanceId": each} for each in sorted(ids)]))
    return calls
