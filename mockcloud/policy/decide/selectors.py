"""Label selectors of objects (metav1.LabelSelector) as values. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass

from mockcloud.client.objects import Object


@dataclass(frozen=True, slots=True)
class Requirement:
    """One of matchExpressions."""

    key: str
    operator: str
    values: tuple[str, ...]

    def met_by(self, labels: Mapping[str, str]) -> bool:
        """ValueError for an operator that there is not: the API lets none pass."""
        match self.operator:
            case "In":
                return labels.get(self.key) in self.values
            case "NotIn":
                return labels.get(self.key) not in self.values
            case "Exists":
                return self.key in labels
            case "DoesNotExist":
                return self.key not in labels
        msg = f"operator {self.operator!r}: expected In, NotIn, Exists or DoesNotExist"
        raise ValueError(msg)


@dataclass(frozen=True, slots=True)
class Selector:
    """All of it must hold; nothing in it selects everything."""

    requirements: tuple[Requirement, ...] = ()

    def selects(self, labels: Mapping[str, str]) -> bool:
        """Whether an object with these labels is meant."""
        return all(each.met_by(labels) for each in self.requirements)


def selector(obj: Object) -> Selector:
    """From the API's form."""
    labels = [Requirement(key, "In", (value,)) for key, value in (obj.get("matchLabels") or {}).items()]
    expressions = [
        Requirement(each["key"], each["operator"], tuple(each.get("values") or ()))
        for each in obj.get("matchExpressions") or ()
    ]
    return Selector((*labels, *expressions))
