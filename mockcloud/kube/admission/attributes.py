"""What is known of a write before it happens (k8s.io/apiserver's admission.Attributes)."""

from dataclasses import dataclass
from enum import StrEnum

from mockcloud.kube.auth.user import User
from mockcloud.kube.json_types import JsonObject
from mockcloud.kube.resources.kind import Kind


class Operation(StrEnum):
    """What is done to the object, as admission reviews name it."""

    CREATE = "CREATE"
    UPDATE = "UPDATE"
    DELETE = "DELETE"
    CONNECT = "CONNECT"


@dataclass(frozen=True, slots=True)
class Attributes:
    """One write. `object`: as it would be stored, {} for a DELETE; `old`: as it is, None for a CREATE.

    A connection to a pod is none, and is asked about all the same: then `object` has what its query says.
    """

    user: User
    operation: Operation
    kind: Kind
    namespace: str
    name: str
    object: JsonObject
    old: JsonObject | None = None
    subresource: str = ""
    dry_run: bool = False

    @property
    def writes_all(self) -> bool:
        """Whether the object itself is made or changed, rather than a part of it, or its end."""
        return self.operation in (Operation.CREATE, Operation.UPDATE) and not self.subresource

    def with_object(self, obj: JsonObject) -> "Attributes":
        """The same write of another object."""
        where = (self.kind, self.namespace, self.name)
        return Attributes(self.user, self.operation, *where, obj, self.old, self.subresource, self.dry_run)
