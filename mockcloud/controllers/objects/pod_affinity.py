"""Beside which pods a pod wants to be, or not to be: spec.affinity and spec.topologySpreadConstraints."""

from collections.abc import Mapping
from dataclasses import dataclass

from mockcloud.client.objects import Object
from mockcloud.controllers.objects.metadata import Meta, Requirement, Selector, parse_selector

Labels = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class PodTerm:
    """A PodAffinityTerm: pods so labelled, in these namespaces, in the same domain of `topology`."""

    topology: str
    selector: Selector | None  # None: no pod
    namespaces: tuple[str, ...]
    of_namespaces: Selector | None = None  # namespaces so labelled, too

    def means(self, pod: Meta, namespaces: Mapping[str, Labels]) -> bool:
        """Whether that pod is meant; `namespaces` has the labels of each."""
        if self.selector is None or not self.selector.matches(pod.labels):
            return False
        if pod.namespace in self.namespaces:
            return True
        labels = namespaces.get(pod.namespace, {})
        return self.of_namespaces is not None and self.of_namespaces.matches(labels)


@dataclass(frozen=True, slots=True)
class Spread:
    """A topologySpreadConstraint: pods so labelled are in each domain about equally often."""

    topology: str
    most: int  # maxSkew
    required: bool
    selector: Selector
    least_domains: int = 1


@dataclass(frozen=True, slots=True)
class PodAffinity:
    """All that a pod asks about others."""

    near: tuple[PodTerm, ...] = ()
    apart: tuple[PodTerm, ...] = ()
    preferred: tuple[tuple[int, PodTerm], ...] = ()  # with weights, negative to be apart
    spread: tuple[Spread, ...] = ()


def parse_pod_affinity(spec: Object, meta: Meta) -> PodAffinity:
    """From a pod's spec."""
    affinity = spec.get("affinity") or {}
    near, apart = (affinity.get(kind) or {} for kind in ("podAffinity", "podAntiAffinity"))
    soft = [
        (sign * each["weight"], _term(each["podAffinityTerm"], meta))
        for sign, side in ((1, near), (-1, apart))
        for each in side.get("preferredDuringSchedulingIgnoredDuringExecution") or ()
    ]
    return PodAffinity(
        _required(near, meta),
        _required(apart, meta),
        tuple(soft),
        tuple(_spread(each, meta) for each in spec.get("topologySpreadConstraints") or ()),
    )


def _required(side: Object, meta: Meta) -> tuple[PodTerm, ...]:
    found = side.get("requiredDuringSchedulingIgnoredDuringExecution") or ()
    return tuple(_term(each, meta) for each in found)


def _term(raw: Object, meta: Meta) -> PodTerm:
    names, of = raw.get("namespaces") or (), raw.get("namespaceSelector")
    own = (meta.namespace,) if not names and of is None else tuple(names)
    selector = raw.get("labelSelector")
    return PodTerm(
        raw["topologyKey"],
        None if selector is None else _narrowed(parse_selector(selector), raw, meta),
        own,
        None if of is None else parse_selector(of),
    )


def _spread(raw: Object, meta: Meta) -> Spread:
    return Spread(
        raw["topologyKey"],
        raw["maxSkew"],
        raw.get("whenUnsatisfiable", "DoNotSchedule") == "DoNotSchedule",
        _narrowed(parse_selector(raw.get("labelSelector")), raw, meta),
        raw.get("minDomains") or 1,
    )


def _narrowed(selector: Selector, raw: Object, meta: Meta) -> Selector:
    """With matchLabelKeys and mismatchLabelKeys: only pods whose labels are, or are not, as this pod's."""
    more = [
        Requirement(key, operator, (meta.labels[key],))
        for field, operator in (("matchLabelKeys", "In"), ("mismatchLabelKeys", "NotIn"))
        for key in raw.get(field) or ()
        if key in meta.labels
    ]
    return Selector(selector.equals, (*selector.requirements, *more))
