"""`baremetal-lb why`: from a Service to its answers, link by link; the first that is broken, and what to do.

Each link is asked in the order in which an address comes about. What is not right and does no harm to this
Service now, such as a controller that is away, is a remark; behind the first broken link nothing is asked.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from baremetal_lb.decide.explain import remedies
from baremetal_lb.decide.reports.aggregator import STALE
from baremetal_lb.model.services import ServiceView, TrafficPolicy

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from baremetal_lb.decide.explain.overview import Configuration, Seen
    from baremetal_lb.model.addresses import IPAddress
    from baremetal_lb.model.objects import ObjectKey


class Answer(StrEnum):
    """How a link is."""

    GOOD = "good"
    REMARK = "remark"  # not as it should be; this Service does not suffer from it now
    BROKEN = "broken"
    UNKNOWN = "unknown"  # who asks may not read it


@dataclass(frozen=True, slots=True)
class Link:
    """One link of the chain, what is to be said of it, and what to do where it is not good."""

    about: str
    answer: Answer
    said: str
    remedy: str = ""


@dataclass(frozen=True, slots=True)
class Chain:
    """All that is told of a Service; `events` are the newest of it, the oldest first."""

    service: str
    addresses: tuple[str, ...]
    announced_by: tuple[str, ...]
    links: tuple[Link, ...]
    events: tuple[str, ...] = ()

    @property
    def broken(self) -> Link | None:
        """The first broken link."""
        return next((each for each in self.links if each.answer is Answer.BROKEN), None)


@dataclass(frozen=True, slots=True)
class Scope:
    """What the release that is asked about serves, and where its pools are."""

    load_balancer_class: str
    system: str
    config_name: str


@dataclass(frozen=True, slots=True)
class Heard:
    """Who answered on the LAN when it was asked who has an address; `mac` as 02:00:00:00:00:01."""

    address: IPAddress
    mac: str
    interface: str


@dataclass(frozen=True, slots=True)
class Asked:
    """What came of asking on interfaces of this machine, whose MACs they are given with."""

    interfaces: Mapping[str, str]
    heard: tuple[Heard, ...]
    seconds: float


@dataclass(frozen=True, slots=True)
class Facts:
    """What was read. None: it could not be, and `unreadable` says why, by what it is about."""

    key: ObjectKey
    scope: Scope
    service: ServiceView | None = None
    type: str = ""
    namesakes: tuple[str, ...] = ()  # namespaces with a Service of the same name
    since: Mapping[str, str] = field(default_factory=dict)  # when conditions changed, by their reason
    configuration: Configuration | None = None
    leader: Seen | None = None
    speakers: tuple[Seen, ...] = ()
    serving_nodes: tuple[str, ...] | None = None  # of each ready endpoint, or "" where it has none
    unreadable: Mapping[str, str] = field(default_factory=dict)
    events: tuple[str, ...] = ()
    lan: Asked | None = None  # where somebody wants it asked


def chain(facts: Facts) -> Chain:
    """The chain up to its first broken link."""
    links: list[Link] = []
    for link in _links(facts):
        links.append(link)
        if link.answer is Answer.BROKEN:
            break
    status = facts.service.status if facts.service else None
    return Chain(
        str(facts.key),
        tuple(map(str, status.addresses)) if status else (),
        tuple(dict.fromkeys(place.node for place in status.places())) if status else (),
        tuple(links),
        facts.events,
    )


def lines(told: Chain) -> Iterator[str]:
    """The chain for people."""
    width = max(len(each.about) for each in told.links)
    for each in told.links:
        yield f"{_MARKS[each.answer]}  {each.about:{width}}  {each.said}"
        if each.remedy:
            yield f"    {'':{width}}    -> {each.remedy}"
    if told.events:
        yield "its newest events:"
        for text in told.events:
            yield f"    {text}"
    yield _conclusion(told)


_MARKS: Final = {Answer.GOOD: "ok", Answer.REMARK: "! ", Answer.BROKEN: "NO", Answer.UNKNOWN: "? "}


def _conclusion(told: Chain) -> str:
    if told.broken:
        return f"{told.service}: {told.broken.about}: {told.broken.said}"
    if not told.announced_by:
        return f"{told.service}: nothing wrong was seen; not all could be read"
    where = f"{', '.join(told.addresses)} by {', '.join(told.announced_by)}"
    return (
        f"{told.service}: {where}. If a client gets no answer all the same, look at the way behind: "
        "docs/troubleshooting.md#an-address-does-not-answer"
    )


def _links(facts: Facts) -> Iterator[Link]:
    yield _service(facts)
    view = facts.service
    if view is None:  # who may not read it is told nothing more
        return
    yield _class(facts, view)
    yield _controller(facts, view)
    yield _configuration(facts, view)
    yield _address(facts, view)
    yield _endpoints(facts, view)
    yield from _speakers(facts, view)
    yield _announced(facts, view)
    if facts.lan is not None:
        yield from (_answered(facts.lan, view, each) for each in view.status.addresses)


def _service(facts: Facts) -> Link:
    if why := facts.unreadable.get("service"):
        return Link("service", Answer.BROKEN, f"cannot be read: {why}")
    if facts.service is None:
        others = ", ".join(facts.namesakes)
        remedy = f"there is one in {others}: -n says where to look" if others else "kubectl get services -A"
        return Link("service", Answer.BROKEN, f"there is no Service {facts.key}", remedy)
    if not facts.service.is_load_balancer:
        said = f"is of type {facts.type}: only one of type LoadBalancer gets an external address"
        remedy = _filled(
            'kubectl -n {namespace} patch service {name} -p \'{{"spec":{{"type":"LoadBalancer"}}}}\'', facts
        )
        return Link("service", Answer.BROKEN, said, remedy)
    return Link("service", Answer.GOOD, "is of type LoadBalancer")


def _class(facts: Facts, view: ServiceView) -> Link:
    theirs, ours = view.load_balancer_class or "", facts.scope.load_balancer_class
    if theirs != ours:
        said = f"is of {_named(theirs)}; the release in {facts.scope.system} serves those of {_named(ours)}"
        remedy = (
            f"ask about the release that serves it (--load-balancer-class {theirs or repr('')}); the class "
            "of a Service never changes: to have another, delete it and make it anew"
        )
        return Link("class", Answer.BROKEN, said, remedy)
    other = view.status.served_by
    if other not in (None, facts.scope.system):
        said = f"its address is of the release in {other}"
        return Link("class", Answer.BROKEN, said, f"ask about that: --namespace {other}")
    return Link(
        "class", Answer.GOOD, f"is of {_named(ours)}, which the release in {facts.scope.system} serves"
    )


def _named(load_balancer_class: str) -> str:
    return f"class {load_balancer_class}" if load_balancer_class else "no class"


def _controller(facts: Facts, view: ServiceView) -> Link:
    if why := facts.unreadable.get("controller"):
        return Link("controller", Answer.UNKNOWN, f"cannot be read: {why}")
    leader = facts.leader
    if leader is not None and not leader.remark:
        return Link("controller", Answer.GOOD, f"{leader.name} leads, heard {_ago(leader.seconds)}")
    said = "none leads"
    if leader is not None:
        said = f"{leader.name} was heard {_ago(leader.seconds)}: {leader.remark}"
    remedy = _filled("kubectl -n {system} get pods -l app.kubernetes.io/component=controller", facts)
    return Link("controller", _harm(view), f"{said}; what is asked for now is not decided", remedy)


def _configuration(facts: Facts, view: ServiceView) -> Link:
    if why := facts.unreadable.get("configuration"):
        return Link("pools", Answer.UNKNOWN, f"cannot be read: {why}")
    found = facts.configuration
    if found is None or found.state == "accepted":
        warned = f", with warnings: {'; '.join(found.warnings)}" if found and found.warnings else ""
        return Link("pools", Answer.GOOD, _filled("{config} is accepted", facts) + warned)
    said = f"{found.config_map} is {found.state}"
    if found.faults:
        said += f": {'; '.join(found.faults)}"
    remedy = _filled(
        "kubectl -n {system} get configmap {config_name} -o yaml | baremetal-lb check-config -", facts
    )
    return Link("pools", _harm(view), said, remedy)


def _harm(view: ServiceView) -> Answer:
    """Of what only matters to Services that are still to be given an address."""
    return Answer.REMARK if view.status.addresses and view.status.is_vouched_for else Answer.BROKEN


def _address(facts: Facts, view: ServiceView) -> Link:
    status, condition = view.status, view.status.condition
    has = ", ".join(map(str, status.addresses))
    if condition is None:
        said = (
            f"has {has}, of which no controller has said anything"
            if has
            else "none, and no controller has said why"
        )
        remedy = _filled("kubectl -n {system} logs -l app.kubernetes.io/component=controller", facts)
        return Link("address", Answer.REMARK if has else Answer.BROKEN, said, remedy)
    remedy = _filled(remedies.for_allocated(condition.reason), facts)
    if not condition.status:
        said = f"{condition.reason}{_since(facts, condition.reason)}: {condition.message}"
        return Link("address", Answer.BROKEN, said, remedy)
    pool = f" from pool {status.pool}" if status.pool else ""
    since = _since(facts, condition.reason)
    if remedy:
        return Link(
            "address", Answer.REMARK, f"{has}{pool}; {condition.reason}{since}: {condition.message}", remedy
        )
    return Link("address", Answer.GOOD, f"{has}{pool}{since}")


def _endpoints(facts: Facts, view: ServiceView) -> Link:
    if why := facts.unreadable.get("endpoints"):
        return Link("endpoints", Answer.UNKNOWN, f"cannot be read: {why}")
    nodes = facts.serving_nodes or ()
    if not nodes:
        chosen = ",".join(f"{key}={value}" for key, value in view.selector)
        remedy = (
            _filled("kubectl -n {namespace} get pods -l ", facts) + chosen
            if chosen
            else "it has no selector: somebody else is to write its EndpointSlices"
        )
        return Link("endpoints", Answer.BROKEN, "none is ready", remedy)
    where = ", ".join(sorted({each for each in nodes if each}))
    said = f"{len(nodes)} ready{f', on {where}' if where else ''}"
    if view.traffic_policy is TrafficPolicy.LOCAL:
        said += "; with externalTrafficPolicy Local only these nodes announce"
    return Link("endpoints", Answer.GOOD, said)


def _speakers(facts: Facts, view: ServiceView) -> Iterator[Link]:
    if why := facts.unreadable.get("speakers"):
        yield Link("speakers", Answer.UNKNOWN, f"cannot be read: {why}")
        return
    silent = [each for each in facts.speakers if each.seconds is None or each.seconds > STALE]
    alive = len(facts.speakers) - len(silent)
    remedy = _filled("kubectl -n {system} get pods -o wide -l app.kubernetes.io/component=speaker", facts)
    if not alive:
        told = view.status.announced is not None and view.status.announced.status
        said = _silent(silent) or "none has reported"
        yield Link("speakers", Answer.REMARK if told else Answer.BROKEN, said, remedy)
    elif silent:
        yield Link("speakers", Answer.REMARK, f"{alive} report; {_silent(silent)}", remedy)
    else:
        yield Link("speakers", Answer.GOOD, f"{alive} report")


def _silent(speakers: Sequence[Seen]) -> str:
    return ", ".join(f"{each.name} reported {_ago(each.seconds)}, and not since" for each in speakers)


def _announced(facts: Facts, view: ServiceView) -> Link:
    condition = view.status.announced
    if condition is None:
        remedy = _filled("kubectl -n {system} logs -l app.kubernetes.io/component=speaker", facts)
        return Link("announced", Answer.BROKEN, "no speaker has said anything of it", remedy)
    since = _since(facts, condition.reason)
    if condition.status:
        return Link("announced", Answer.GOOD, f"{condition.message}{since}")
    remedy = _filled(remedies.for_announced(condition.reason), facts)
    return Link("announced", Answer.BROKEN, f"{condition.reason}{since}: {condition.message}", remedy)


def _answered(asked: Asked, view: ServiceView, address: IPAddress) -> Link:
    """Whether those and only those answer that say they do: what no object tells, the wire does."""
    where = ", ".join(asked.interfaces)
    nodes = {
        port.mac: place.node
        for place in view.status.places()
        if address in place.addresses
        for port in place.ports
    }
    answers = {each.mac: each for each in asked.heard if each.address == address}
    if strangers := sorted(answers.keys() - nodes.keys()):
        said = f"{address} is answered for by {', '.join(strangers)}, which is no MAC that a speaker tells of"
        return Link("LAN", Answer.BROKEN, said, remedies.STRANGER)
    if answers:
        told = ", ".join(f"{nodes[mac]} ({mac}) on {each.interface}" for mac, each in sorted(answers.items()))
        return Link("LAN", Answer.GOOD, f"{address} is answered for by {told}")
    if here := sorted(nodes.keys() & set(asked.interfaces.values())):
        said = f"{address} is announced from this very interface ({', '.join(here)}), and nobody else answers"
        return Link("LAN", Answer.GOOD, said)
    said = f"nobody answers for {address} on {where} within {asked.seconds:g} s"
    return Link("LAN", Answer.BROKEN, said, remedies.SILENCE)


def _since(facts: Facts, reason: str) -> str:
    when = facts.since.get(reason)
    return f", since {when}" if when else ""


def _ago(seconds: float | None) -> str:
    return "at an unknown time" if seconds is None else f"{max(0, round(seconds))} s ago"


def _filled(text: str, facts: Facts) -> str:
    key, scope = facts.key, facts.scope
    return text.format(
        service=key,
        namespace=key.namespace,
        name=key.name,
        config=f"ConfigMap {scope.system}/{scope.config_name}",
        config_name=scope.config_name,
        system=scope.system,
    )
