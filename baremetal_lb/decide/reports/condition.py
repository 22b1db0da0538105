"""What the condition Announced says of a Service, from what speakers say of its addresses."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from baremetal_lb.model.announcements import (
    NodeOut,
    Standing,
)
from baremetal_lb.model.api_names import (
    HOLD,
    AnnouncedReason,
)
from baremetal_lb.model.conflicts import FindingKind, Occupant
from baremetal_lb.model.places import Place, tell
from baremetal_lb.model.pools import Pool, Protocol
from baremetal_lb.model.services import Condition

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from baremetal_lb.model.addresses import IPAddress
    from baremetal_lb.model.conflicts import Conflict, Finding
    from baremetal_lb.model.places import Port
    from baremetal_lb.model.reports import Out, Silence

BLINK: Final = 1.0  # seconds that a "no" must last before it is told: a hand-over is none
PATIENCE: Final = 10.0  # seconds for a speaker to say something, or to come up
GRACE: Final = 30.0  # seconds that a "no" without a fault must last before it is an Event: a rollout is none
LONGEST: Final = 4096  # characters of a "no": a thousand Services may have the same, with fifty nodes named


_PASSING: Final = frozenset(
    (
        *(NodeOut.SPEAKER_SETTLING, NodeOut.SPEAKER_RETURNING, NodeOut.SPEAKER_LEAVING),
        *(NodeOut.INTERFACE_RETURNING, NodeOut.NO_LOCAL_ENDPOINT),
    )
)
_WANTED: Final = frozenset((NodeOut.EXCLUDED_BY_LABEL, NodeOut.NOT_SELECTED))


@dataclass(frozen=True, slots=True)
class AnnouncedAddress:
    """A node says that it announces an address, on these interfaces."""

    node: str
    ports: tuple[Port, ...]
    deaf: str = ""  # whom it does not hear, in words


@dataclass(frozen=True, slots=True)
class Facts:
    """All that is known of one address; `word` is the newest of what speakers say of it."""

    address: IPAddress
    pool: Pool | None = None
    word: AnnouncedAddress | Silence | None = None
    conflicts: Mapping[str, Conflict] = field(default_factory=dict)  # by who saw it
    findings: Mapping[str, Finding] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ConditionWanted:
    """What the condition should say, how long that must have been so before it does, and then an Event."""

    condition: Condition
    hold: float = 0.0
    grace: float = 0.0


def judge(facts: Sequence[Facts], no_live_speaker: Sequence[Out] | None) -> ConditionWanted:
    """What to say of a Service with addresses. `no_live_speaker`: why each node is silent, if none lives."""
    judged = [_judge_address(each, no_live_speaker) for each in facts if not _is_elsewhere(each)]
    troubles = [each for each in judged if isinstance(each, ConditionWanted)]
    if troubles:
        return min(troubles, key=lambda each: each.hold)  # what is sure, before what may yet come right
    claims = [each for each in judged if isinstance(each, tuple)]
    if claims:
        notes = sorted({claim.deaf for _, claim in claims if claim.deaf})
        return ConditionWanted(Condition(True, AnnouncedReason.ANNOUNCED, tell(_places(claims), notes)))
    return _no(AnnouncedReason.NOT_IN_LAYER2_POOL, "; ".join(map(_elsewhere, facts)))


def in_use(facts: Facts) -> Occupant | None:
    """Who had the address before us; None where nobody did, or that is over."""
    if isinstance(facts.word, AnnouncedAddress):
        return None
    for node, conflict in sorted(facts.conflicts.items()):
        if conflict.kind.withholds:
            return occupant(conflict, node)
    return None


def occupant(conflict: Conflict, node: str) -> Occupant:
    """Who has what is withheld, as a node saw it."""
    return Occupant(conflict.mac, f"{conflict} (seen by {node})")


def _judge_address(
    facts: Facts, no_live_speaker: Sequence[Out] | None
) -> ConditionWanted | tuple[IPAddress, AnnouncedAddress]:
    who = in_use(facts)
    if who is not None:
        return _no(AnnouncedReason.ADDRESS_IN_USE, f"{facts.address}: {who}")
    if isinstance(facts.word, AnnouncedAddress):
        return _dispute(facts, facts.word) or (facts.address, facts.word)
    if facts.word is not None:
        return _silent(facts.address, facts.word)
    for node, finding in sorted(facts.findings.items()):
        if finding.kind is FindingKind.IPV6_OFF and finding.owner == node:
            return _no(AnnouncedReason.NOBODY_ANNOUNCES, f"{facts.address}: {finding}")
    if no_live_speaker is not None:
        return _no(AnnouncedReason.NOBODY_ANNOUNCES, f"{facts.address}: {_listed(no_live_speaker)}", PATIENCE)
    text = "no speaker mentions it; do they use the controller's ConfigMap and load-balancer class?"
    return _no(AnnouncedReason.NOBODY_ANNOUNCES, f"{facts.address}: {text}", PATIENCE)


def _dispute(facts: Facts, claim: AnnouncedAddress) -> ConditionWanted | None:
    """What is wrong with an address that its owner says it announces."""
    for node, conflict in sorted(facts.conflicts.items()):
        if not conflict.kind.withholds:
            text = f"{facts.address}: {conflict}, while {claim.node} announces it (seen by {node})"
            return _no(AnnouncedReason.CONFLICT_SEEN, text)
    for node, finding in sorted(facts.findings.items()):
        if finding.kind.is_own and finding.owner == claim.node == node:
            return _no(AnnouncedReason.NO_WAY_BACK, f"{facts.address}: {finding}")
        if not finding.kind.is_own and finding.owner == claim.node != node:
            return _no(AnnouncedReason.NOT_ANSWERING, f"{finding} (asked by {node})")
    return None


def _silent(address: IPAddress, silence: Silence) -> ConditionWanted:
    if silence.why == Standing.NO_ENDPOINTS:
        text = f"{address}: no pod of the Service is ready to serve"
        return replace(_no(AnnouncedReason.NO_ENDPOINTS, text), grace=GRACE)
    if silence.why == Standing.HELD:
        text = (
            f"{address}: the annotation {HOLD} on the pools' ConfigMap says that nothing is to be announced"
        )
        return _no(AnnouncedReason.HELD, text)
    judgement = _no(AnnouncedReason.NOBODY_ANNOUNCES, f"{address}: {_listed(silence.out) or silence.why}")
    return replace(judgement, grace=GRACE) if _passes(silence.out) else judgement


def _passes(outs: Iterable[Out]) -> bool:
    """Whether nodes are out as in any start or rollout (or because somebody wants it), and not by a fault."""
    reasons = {out.why for out in outs}
    return bool(reasons & _PASSING) and reasons <= _PASSING | _WANTED


def _no(reason: AnnouncedReason, message: str, hold: float = BLINK) -> ConditionWanted:
    return ConditionWanted(Condition(False, reason, message[:LONGEST]), hold)


def _is_elsewhere(facts: Facts) -> bool:
    """Not ours to announce. What speakers say something of is: kept outside of pools, or in one of theirs."""
    in_layer2 = facts.pool is not None and facts.pool.protocol is Protocol.LAYER2
    return not in_layer2 and facts.word is None


def _elsewhere(facts: Facts) -> str:
    if facts.pool is None:
        return f"{facts.address} is in no pool"
    return f'{facts.address} is in pool "{facts.pool.name}" of protocol {facts.pool.protocol}'


def _places(claims: Iterable[tuple[IPAddress, AnnouncedAddress]]) -> Iterable[Place]:
    groups: dict[AnnouncedAddress, list[IPAddress]] = defaultdict(list)
    for address, claim in claims:
        groups[claim].append(address)
    return [Place(tuple(addresses), claim.node, claim.ports) for claim, addresses in groups.items()]


def _listed(outs: Iterable[Out]) -> str:
    return "; ".join(f"{', '.join(out.nodes)}{_more(out)}: {out.why}" for out in outs)


def _more(out: Out) -> str:
    return f" and {out.more} more" if out.more else ""
