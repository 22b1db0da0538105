"""What every object has: identity, owners, labels; and label selectors."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

from mockcloud.client.objects import Object

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Owner:
    """One entry of metadata.ownerReferences."""

    api_version: str
    kind: str
    name: str
    uid: str
    controller: bool = False
    blocks: bool = False  # blockOwnerDeletion


@dataclass(frozen=True, slots=True)
class Meta:
    """An object's identity and what garbage collection and adoption look at."""

    namespace: str
    name: str
    uid: str
    labels: Mapping[str, str] = field(default_factory=dict)
    annotations: Mapping[str, str] = field(default_factory=dict)
    owners: tuple[Owner, ...] = ()
    finalizers: tuple[str, ...] = ()
    deleting: bool = False
    created: datetime = EPOCH
    generation: int = 0

    @property
    def key(self) -> tuple[str, str]:
        """(namespace, name)."""
        return self.namespace, self.name

    @property
    def controller(self) -> str | None:
        """The uid of the owner that controls it."""
        return next((owner.uid for owner in self.owners if owner.controller), None)


def parse_meta(obj: Object) -> Meta:
    """From any object of the API."""
    raw = obj["metadata"]
    return Meta(
        namespace=raw.get("namespace", ""),
        name=raw["name"],
        uid=raw["uid"],
        labels=raw.get("labels") or {},
        annotations=raw.get("annotations") or {},
        owners=tuple(_owner(each) for each in raw.get("ownerReferences") or ()),
        finalizers=tuple(raw.get("finalizers") or ()),
        deleting="deletionTimestamp" in raw,
        created=moment(raw.get("creationTimestamp")) or EPOCH,
        generation=raw.get("generation", 0),
    )


def moment(text: str | None) -> datetime | None:
    """A metav1.Time as a moment; None stays None."""
    return datetime.fromisoformat(text) if text else None


def _owner(raw: Object) -> Owner:
    return Owner(
        raw["apiVersion"],
        raw["kind"],
        raw["name"],
        raw["uid"],
        bool(raw.get("controller")),
        bool(raw.get("blockOwnerDeletion")),
    )


@dataclass(frozen=True, slots=True)
class Requirement:
    """One matchExpressions entry."""

    key: str
    operator: str
    values: tuple[str, ...] = ()

    def holds(self, labels: Mapping[str, str]) -> bool:
        """Whether labels satisfy it; as in Kubernetes, NotIn holds where the label is absent."""
        match self.operator:
            case "In":
                return labels.get(self.key) in self.values
            case "NotIn":
                return labels.get(self.key) not in self.values
            case "Exists":
                return self.key in labels
            case "DoesNotExist":
                return self.key not in labels
        msg = f"label selector operator {self.operator!r}: expected In, NotIn, Exists or DoesNotExist"
        raise ValueError(msg)


@dataclass(frozen=True, slots=True)
class Selector:
    """A LabelSelector; without any requirement it selects everything."""

    equals: tuple[tuple[str, str], ...] = ()
    requirements: tuple[Requirement, ...] = ()

    def matches(self, labels: Mapping[str, str]) -> bool:
        """Whether an object with these labels is selected."""
        return all(labels.get(key) == value for key, value in self.equals) and all(
            each.holds(labels) for each in self.requirements
        )


def parse_selector(raw: Object | None) -> Selector:
    """From a metav1.LabelSelector."""
    raw = raw or {}
    requirements = tuple(
        Requirement(each["key"], each["operator"], tuple(each.get("values") or ()))
        for each in raw.get("matchExpressions") or ()
    )
    return Selector(tuple(sorted((raw.get("matchLabels") or {}).items())), requirements)
