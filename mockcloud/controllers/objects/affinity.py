"""Which nodes a pod wants by spec.affinity.nodeAffinity, as upstream's component-helpers decide it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from mockcloud.client.objects import Object
from mockcloud.controllers.objects.metadata import Requirement

NODE_NAME: Final = "metadata.name"  # the one field that matchFields may name


@dataclass(frozen=True, slots=True)
class Term:
    """A NodeSelectorTerm; one without any requirement selects nothing."""

    labels: tuple[Requirement, ...] = ()
    fields: tuple[Requirement, ...] = ()

    def selects(self, name: str, labels: Mapping[str, str]) -> bool:
        """Whether the node of that name and labels is meant."""
        if not self.labels and not self.fields:
            return False
        fields = {NODE_NAME: name}
        return all(_holds(one, labels) for one in self.labels) and all(
            _holds(one, fields) for one in self.fields
        )


@dataclass(frozen=True, slots=True)
class NodeAffinity:
    """What a pod asks of its node. `required` None: nothing."""

    required: tuple[Term, ...] | None = None
    preferred: tuple[tuple[int, Term], ...] = ()  # each with its weight

    def admits(self, name: str, labels: Mapping[str, str]) -> bool:
        """Whether one of the required terms selects the node, where there are any."""
        return self.required is None or any(term.selects(name, labels) for term in self.required)

    def weight(self, name: str, labels: Mapping[str, str]) -> int:
        """How much the node is preferred."""
        return sum(weight for weight, term in self.preferred if term.selects(name, labels))


def parse_node_affinity(spec: Object) -> NodeAffinity:
    """From a pod's spec."""
    raw = (spec.get("affinity") or {}).get("nodeAffinity") or {}
    required = raw.get("requiredDuringSchedulingIgnoredDuringExecution")
    preferred = raw.get("preferredDuringSchedulingIgnoredDuringExecution") or ()
    return NodeAffinity(
        None if required is None else parse_terms(required),
        tuple((each["weight"], _term(each["preference"])) for each in preferred),
    )


def parse_terms(selector: Object) -> tuple[Term, ...]:
    """From a NodeSelector."""
    return tuple(map(_term, selector.get("nodeSelectorTerms") or ()))


def only(name: str) -> Object:
    """The node affinity that selects the node of that name: how a DaemonSet's pods are bound to theirs."""
    term = {"matchFields": [{"key": NODE_NAME, "operator": "In", "values": [name]}]}
    return {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [term]}}


def _term(raw: Object) -> Term:
    return Term(_requirements(raw.get("matchExpressions")), _requirements(raw.get("matchFields")))


def _requirements(raw: list[Object] | None) -> tuple[Requirement, ...]:
    return tuple(
        Requirement(each["key"], each["operator"], tuple(each.get("values") or ())) for each in raw or ()
    )


def _holds(one: Requirement, values: Mapping[str, str]) -> bool:
    """As of labels; nodes are compared by number, too: what is no number is neither more nor less."""
    if one.operator not in ("Gt", "Lt"):
        return one.holds(values)
    found = _number(values.get(one.key))
    bound = _number(next(iter(one.values), None))
    if found is None or bound is None:
        return False
    return found > bound if one.operator == "Gt" else found < bound


def _number(text: str | None) -> int | None:
    try:
        return int(text or "")
    except ValueError:
        return None
