"""How a Kubernetes object is named inside the balancer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple


class ObjectKey(NamedTuple):
    """Namespace and name; the namespace is empty for cluster-scoped objects."""

    namespace: str
    name: str

    def __str__(self) -> str:
        return f"{self.namespace}/{self.name}" if self.namespace else self.name


@dataclass(frozen=True, slots=True)
class Subject:
    """The object that an Event is about."""

    kind: str
    key: ObjectKey
    uid: str
    version: str = ""
