"""What was seen -> what is told: the hops in their order, and where and why the chain is broken; pure.

The kernels' word comes first (which rule met the packet, what was translated, who answered); the API's is
asked only for names and for the reason of what the kernels did.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mockcloud.policy.decide.table import TABLES as POLICIES
from mockcloud.trace.model import Break, Broken, Hop, Outcome, Protocol, Stage, Story

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mockcloud.trace.model import (
        Cluster,
        End,
        Flow,
        Passage,
        ServiceFacts,
        ServicePort,
        Sight,
        Step,
        Tracked,
    )

ENDS = ("drop", "reject")
DEFAULT_NAMESPACE = "default"  # of names that a host of the lab says


def explain(sight: Sight) -> Story:
    """The story of one attempt."""
    hops = [*_beginning(sight)]
    for passage in sight.passages:
        # Two nodes know of a packet that no rule changed, and both say which pod has it.
        hops += [hop for hop in _on_node(sight, passage) if hop.stage is not Stage.POD or hop not in hops]
    hops = _homewards(sight, hops)
    broken = None
    if sight.attempt.outcome is Outcome.CONNECTED:
        hops += _end(sight)
    else:
        broken = _broken(sight)
    return Story(sight.source, sight.target, tuple(hops), broken)


def _beginning(sight: Sight) -> Iterator[Hop]:
    attempt, flow = sight.attempt, sight.flow
    if flow is None:
        return
    if flow.target.ip != sight.target.host:
        facts = {"name": sight.target.host, "address": flow.target.ip}
        yield Hop(sight.source, Stage.NAME, f"{sight.target.host} is {flow.target.ip}", facts)
    for mac in attempt.answers:
        node, interface = _owner_of(sight, mac)
        who = f"{node} ({interface})" if node else "a host that is not a node"
        text = f"who has {flow.target.ip}? {mac} answers: {who}"
        yield Hop(sight.source, Stage.NEIGHBOUR, text, {"mac": mac, "node": node, "interface": interface})
    if len(attempt.answers) > 1:
        text = f"{len(attempt.answers)} hosts answer for {flow.target.ip}: it is in conflict"
        yield Hop(sight.source, Stage.NEIGHBOUR, text, {"answers": str(len(attempt.answers))})


def _homewards(sight: Sight, hops: list[Hop]) -> list[Hop]:
    """An answer comes by a cloud's edge last."""
    edges = {passage.node for passage in sight.passages if passage.is_edge}
    back = [hop for hop in hops if hop.stage is Stage.BACK and hop.where in edges]
    return [*(hop for hop in hops if hop not in back), *back]


def _flow_at(sight: Sight, passage: Passage) -> Flow | None:
    """The connection as it came to a host."""
    return passage.arrived_as or sight.flow


def _on_node(sight: Sight, passage: Passage) -> Iterator[Hop]:
    flow = _flow_at(sight, passage)
    for step in passage.steps:
        facts = {"table": step.table, "chain": step.chain, "rule": step.rule, "verdict": step.verdict}
        text = f"{step.table} {step.chain}: {step.rule}"
        if step.verdict not in step.rule:  # the element of a map that was met
            text += f" => {step.verdict}"
        yield Hop(passage.node, Stage.RULE, text, facts)
    if flow is None or passage.led_to is None:
        return
    tracked, led_to = passage.tracked, passage.led_to
    yield from _translations(passage, flow, led_to, taken=_is_taken(sight, passage))
    pod, node = sight.cluster.pods.get(led_to.ip, ("", ""))
    answered = tracked is not None and tracked.answered
    if pod:
        facts = {"pod": pod, "node": node, "address": str(led_to)}
        yield Hop(node, Stage.POD, f"pod {pod} ({led_to}) {'answers' if answered else 'is sent it'}", facts)
    if tracked is not None and answered and led_to != flow.target:
        yield _back(passage, flow, tracked)


def _translations(passage: Passage, flow: Flow, led_to: End, *, taken: bool) -> Iterator[Hop]:
    """What became of the connection's addresses; a proxy that has taken it leaves them, and makes another."""
    if passage.is_edge and led_to == flow.target and taken:
        text = f"the balancer takes the connection to {led_to} itself, and makes one of its own"
        facts = {"address": str(led_to)}
        if passage.relayed is not None:
            facts |= {"from": str(passage.relayed.source), "to": str(passage.relayed.target)}
            text += f": {facts['from']} -> {facts['to']}"
        yield Hop(passage.node, Stage.PROXY, text, facts)
    if led_to != flow.target:
        yield _translated(passage, Stage.DNAT, flow.target, led_to)
    if passage.tracked is not None and passage.tracked.reply_target != flow.source:
        yield _translated(passage, Stage.SNAT, flow.source, passage.tracked.reply_target)


def _translated(passage: Passage, stage: Stage, before: End, after: End) -> Hop:
    facts = {"from": str(before), "to": str(after)}
    return Hop(passage.node, stage, f"{stage.upper()} {before} -> {after}", facts)


def _back(passage: Passage, flow: Flow, tracked: Tracked) -> Hop:
    seen, told = (
        f"{tracked.reply_source} -> {tracked.reply_target}",
        f"{flow.target} -> {flow.source}",
    )
    text = f"the answer {seen} goes on as {told}"
    return Hop(passage.node, Stage.BACK, text, {"answer": seen, "goes-on-as": told})


def _end(sight: Sight) -> Iterator[Hop]:
    attempt = sight.attempt
    what = attempt.status or ("answered" if sight.target.protocol is Protocol.UDP else "connected")
    if sight.target.path is not None and not attempt.status:
        what = "connected, but without an HTTP answer,"
    text = f"{what} after {attempt.seconds * 1e3:.1f} ms"
    if attempt.body:
        text += f": {attempt.body}"
    facts = {"status": attempt.status, "body": attempt.body, "milliseconds": f"{attempt.seconds * 1e3:.1f}"}
    yield Hop(sight.source, Stage.ANSWER, text, facts)


def _broken(sight: Sight) -> Broken:
    attempt, flow = sight.attempt, sight.flow
    if flow is None:
        return _without_address(sight)
    if attempt.asked and not attempt.answers:
        return Broken(sight.source, Break.NOBODY_ANNOUNCES, _why_nobody(sight, flow))
    ways = [*_ways(sight, flow)]
    for passage, seen in ways:  # the last node may drop what an earlier one sent to a pod
        if passage.steps and passage.steps[-1].verdict in ENDS:
            return _denied(sight, seen, passage, passage.steps[-1])
    return _by_last(sight, ways) or _by_nobody(sight, ways[-1][1] if ways else flow)


def _by_last(sight: Sight, ways: list[tuple[Passage, Flow]]) -> Broken | None:
    """Where no rule ended it: the pod to which it was sent, or a balancer that sent it to none."""
    for passage, seen in ways:
        led_to = passage.led_to
        if passage.is_edge and led_to == seen.target:
            return _by_balancer(sight, passage, led_to)
        if passage.is_edge:
            continue
        if led_to is not None and (led_to != seen.target or led_to.ip in sight.cluster.pods):
            return _by_pod(sight, led_to)
    return None


def _ways(sight: Sight, flow: Flow) -> Iterator[tuple[Passage, Flow]]:
    """Each node's passage, and what the connection was when it came there."""
    for passage in sight.passages:
        flow = _flow_at(sight, passage) or flow
        yield passage, flow


def _without_address(sight: Sight) -> Broken:
    if sight.attempt.outcome is Outcome.UNREACHABLE:
        text = f"{sight.target.host} cannot be reached: {sight.attempt.detail}"
        return Broken(sight.source, Break.NO_ROUTE, text)
    source, host, in_pod = sight.source, sight.target.host, "/" in sight.source
    namespace = source.partition("/")[0] if in_pod else DEFAULT_NAMESPACE
    service = service_named(sight.cluster, host, namespace)
    if service is None:
        return Broken(source, Break.NO_SUCH_NAME, f"{host}: no such name")
    if service.alias:
        why = "for which there is not an address" if in_pod else "and only pods follow aliases"
        text = f"Service {service.key} is an alias of {service.alias}, {why}"
        return Broken(source, Break.NO_SUCH_NAME, text)
    if in_pod:
        return _unknown_in_pod(source, host, service)
    given = "none has been assigned" if service.type == "LoadBalancer" else f"its type is {service.type}"
    why = service.conditions.get("Allocated", given)
    return Broken(source, Break.NO_ADDRESS, f"Service {service.key} has no external IP: {why}")


def _unknown_in_pod(source: str, host: str, service: ServiceFacts) -> Broken:
    if service.ips:
        text = f"{host}: no such name, though there is Service {service.key}"
        return Broken(source, Break.NO_SUCH_NAME, text)
    text = f"{host}: no such name; Service {service.key} is headless, and none of its pods is ready"
    return Broken(source, Break.NO_ENDPOINTS, text)


def _why_nobody(sight: Sight, flow: Flow) -> str:
    text = f"nobody on the LAN answers for {flow.target.ip}"
    service, port = service_at(sight.cluster, flow)
    if service is None:
        return f"{text}, and no Service has it"
    why = service.conditions.get("Announced")
    if why is None and port is not None and not port.serving:
        why = "it has no serving endpoint"
    return f"{text}, which is Service {service.key}'s" + (f": {why}" if why else "")


def _denied(sight: Sight, flow: Flow, passage: Passage, step: Step) -> Broken:
    why, text = _reason(sight.cluster, flow, passage, step)
    did = "refused" if step.verdict == "reject" else "dropped"
    return Broken(passage.node, why, f"{did} by {step.table} {step.chain} ({step.rule}): {text}")


def _reason(cluster: Cluster, flow: Flow, passage: Passage, step: Step) -> tuple[Break, str]:
    service, port = service_at(cluster, flow)
    if step.table.rpartition(" ")[2] in POLICIES:
        return Break.POLICY, _isolation(cluster, flow, passage, step)
    if passage.is_edge:
        return Break.DENIED, f"no security group there lets in {flow.source.ip}"
    if service is None:
        return Break.NO_SERVICE, f"no Service has {flow.target}"
    if "source" in step.chain or "firewall" in step.chain:
        ranges = ", ".join(service.source_ranges)
        return (
            Break.SOURCE_RANGE,
            f"{flow.source.ip} is not in Service {service.key}'s source ranges ({ranges})",
        )
    if port is None:
        return Break.WRONG_PORT, _ports_of(service, flow)
    if not port.serving:
        return Break.NO_ENDPOINTS, f"Service {service.key} has no serving endpoint for port {port.port}"
    if passage.node not in port.serving_on:
        return Break.NO_LOCAL_ENDPOINT, (
            f"Service {service.key} keeps its traffic on the node (policy Local), and {passage.node} has no "
            f"endpoint of it; {', '.join(sorted(set(port.serving_on)))} has"
        )
    return Break.DENIED, f"Service {service.key} has endpoints, so the rule is not of its making"


def _isolation(cluster: Cluster, flow: Flow, passage: Passage, step: Step) -> str:
    """Whom NetworkPolicies isolate: of a Service they see the pod that was chosen."""
    way = "ingress" if step.chain.startswith("ingress") else "egress"
    end = flow.source if way == "egress" else passage.led_to or flow.target
    pod, _ = cluster.pods.get(end.ip, (end.ip, ""))
    namespace = f" -n {pod.partition('/')[0]}" if "/" in pod else " -A"
    return (
        f"a NetworkPolicy isolates pod {pod} for {way}, and none lets this pass "
        f"(kubectl get networkpolicies{namespace})"
    )


def _by_balancer(sight: Sight, edge: Passage, led_to: End) -> Broken:
    """The edge sent it on to nobody: it is a proxy's connection, or nobody's."""
    if _is_taken(sight, edge):
        text = f"the balancer took the connection to {led_to}, and no target answered it"
    else:
        text = f"no balancer listens on {led_to}, or it has no healthy target there"
    return Broken(edge.node, Break.NO_TARGET, f"{sight.attempt.outcome}: {text}")


def _is_taken(sight: Sight, passage: Passage) -> bool:
    """Whether a host itself took the connection that came to it."""
    outcome, tracked = sight.attempt.outcome, passage.tracked
    if outcome in (Outcome.CONNECTED, Outcome.REFUSED):
        return outcome is Outcome.CONNECTED
    return tracked is not None and tracked.answered


def _by_pod(sight: Sight, led_to: End) -> Broken:
    pod, node = sight.cluster.pods.get(led_to.ip, ("", ""))
    what = f"pod {pod}" if pod else f"{led_to.ip}, which is not a pod of this cluster,"
    if led_to.ip in sight.cluster.nodes:  # what a Service has there is in the node's network
        node = sight.cluster.nodes[led_to.ip]
        what = f"{node} itself"
    where = node or sight.source
    if sight.attempt.outcome in (Outcome.REFUSED, Outcome.RESET):
        return Broken(where, Break.POD_REFUSES, f"{what} refuses: nothing listens on {led_to}")
    return Broken(where, Break.POD_SILENT, f"{what} does not answer on {led_to}")


def _by_nobody(sight: Sight, flow: Flow) -> Broken:
    service, port = service_at(sight.cluster, flow)
    answering = (_owner_of(sight, mac)[0] for mac in sight.attempt.answers)
    where = next((node for node in answering if node), sight.source)
    if service is None:
        text = f"{sight.attempt.outcome}, and no Service has {flow.target}"
        return Broken(where, Break.NO_SERVICE, text)
    if port is None:
        return Broken(where, Break.WRONG_PORT, _ports_of(service, flow))
    text = f"{sight.attempt.outcome} on the way to Service {service.key}, and no rule met the packet"
    return Broken(where, Break.NO_ROUTE, text)


def _ports_of(service: ServiceFacts, flow: Flow) -> str:
    has = ", ".join(f"{each.protocol}/{each.port}" for each in service.ports)
    return f"Service {service.key} has no port {flow.protocol}/{flow.target.port}; it has {has}"


def service_at(cluster: Cluster, flow: Flow) -> tuple[ServiceFacts | None, ServicePort | None]:
    """Whose address and port it is; a Service alone where it lacks the port, None, None for nobody."""
    target = flow.target
    for service in cluster.services:
        if target.ip in (*service.ips, *service.external_ips):
            ports = (p for p in service.ports if (p.port, p.protocol) == (target.port, flow.protocol))
            return service, next(ports, None)
    if target.ip in cluster.nodes:
        for service in cluster.services:
            for port in service.ports:
                if (port.node_port, port.protocol) == (target.port, flow.protocol):
                    return service, port
    return None, None


def service_named(cluster: Cluster, host: str, namespace: str = DEFAULT_NAMESPACE) -> ServiceFacts | None:
    """The Service that a name says, as a pod of that namespace would write it; None where there is none."""
    key = service_key(host, namespace)
    return next((each for each in cluster.services if each.key == key), None)


def service_key(host: str, namespace: str = DEFAULT_NAMESPACE) -> str:
    """`web`, `web.team` and `web.team.svc...` as NAMESPACE/NAME."""
    name, _, rest = host.partition(".")
    return f"{rest.partition('.')[0] or namespace}/{name}"


def _owner_of(sight: Sight, mac: str) -> tuple[str, str]:
    for passage in sight.passages:
        if mac in passage.macs:
            return passage.node, passage.macs[mac]
    return "", ""
