"""All that the cloud has at a moment, and the changes by which it becomes another state."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, TypeAlias, TypeVar

from mockcloud.cloud.core.elastic_values import Frontend, TargetGroup
from mockcloud.cloud.core.refusal import Refusal, Why
from mockcloud.cloud.core.security_values import SecurityGroup
from mockcloud.cloud.core.values import (
    Address,
    Balancer,
    Certificate,
    Failure,
    Family,
    Instance,
    Network,
    Operation,
    Ref,
    Resource,
    ResourceKind,
    Terminated,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

R = TypeVar("R", bound=Resource)

KINDS: Final[dict[ResourceKind, type[Resource]]] = {
    ResourceKind.INSTANCE: Instance,
    ResourceKind.BALANCER: Balancer,
    ResourceKind.NETWORK: Network,
    ResourceKind.ADDRESS: Address,
    ResourceKind.CERTIFICATE: Certificate,
    ResourceKind.TARGET_GROUP: TargetGroup,
    ResourceKind.FRONTEND: Frontend,
    ResourceKind.SECURITY_GROUP: SecurityGroup,
    ResourceKind.TERMINATED: Terminated,
    ResourceKind.OPERATION: Operation,
}
_KIND_OF: Final[dict[type, ResourceKind]] = {made: kind for kind, made in KINDS.items()}
FIRST_ID: Final = 1001


@dataclass(frozen=True, slots=True)
class Put:
    """There is this resource now, in place of the one of its kind and id."""

    resource: Resource


@dataclass(frozen=True, slots=True)
class Drop:
    """This resource is gone."""

    ref: Ref


Change: TypeAlias = Put | Drop


def kind_of(resource: Resource) -> ResourceKind:
    """Of a resource."""
    return _KIND_OF[type(resource)]


def ref_to(resource: Resource) -> Ref:
    """Names it."""
    return Ref(kind_of(resource), resource.id)


@dataclass(slots=True)
class State:
    """Resources by kind and id, and the next id of each kind. Only `apply` changes it."""

    tables: dict[ResourceKind, dict[int, Resource]] = field(
        default_factory=lambda: {kind: {} for kind in ResourceKind}
    )
    next_ids: dict[ResourceKind, int] = field(default_factory=lambda: dict.fromkeys(ResourceKind, FIRST_ID))
    last_operation: dict[Ref, Operation] = field(default_factory=dict)  # the one that ends last

    def apply(self, changes: Iterable[Change]) -> None:
        """Become what they say. An id that was used once is not used again."""
        for change in changes:
            match change:
                case Put(resource):
                    kind = kind_of(resource)
                    self.tables[kind][resource.id] = resource
                    self.next_ids[kind] = max(self.next_ids[kind], resource.id + 1)
                    if isinstance(resource, Operation):
                        self._note(resource)
                case Drop(ref):
                    self.tables[ref.kind].pop(ref.id, None)
                    self.last_operation.pop(ref, None)

    def _note(self, operation: Operation) -> None:
        for ref in operation.resources:
            last = self.last_operation.get(ref)
            if last is None or last.ends <= operation.ends:
                self.last_operation[ref] = operation

    # A kind's table holds values of its type only, which `apply` sees to and the types cannot say.

    def all(self, made: type[R]) -> list[R]:
        """Of a type, by id."""
        return list(self.tables[_KIND_OF[made]].values())  # type: ignore[arg-type]

    def get(self, made: type[R], number: int) -> R:
        """Refusal NOT_FOUND where there is none."""
        found = self.find(made, number)
        if found is None:
            kind = _KIND_OF[made]
            raise Refusal(Why.NOT_FOUND, f"{kind} with ID '{number}' not found", kind)
        return found

    def find(self, made: type[R], number: int) -> R | None:
        """The one of this id."""
        return self.tables[_KIND_OF[made]].get(number)  # type: ignore[return-value]

    def named(self, made: type[R], name: str) -> R | None:
        """The one of this name; operations have none."""
        return next((each for each in self.all(made) if getattr(each, "name", None) == name), None)

    def addresses_of(self, holder: Instance | Balancer) -> dict[Family, Address]:
        """The primary addresses that it holds; of a balancer with several of a family the first."""
        found: dict[Family, Address] = {}
        for number in holder.addresses:
            address = self.find(Address, number)
            if address is not None:
                found.setdefault(address.family, address)
        return found


@dataclass(slots=True)
class Draft:
    """A command's work: `state` is as it will be, `changes` lead there from the state that it began with."""

    state: State
    now: float
    takes: float = 0.0  # seconds, of each operation
    failure: Failure | None = None  # what each operation ends with
    changes: list[Change] = field(default_factory=list)
    _copied: set[ResourceKind] = field(default_factory=set)

    def __post_init__(self) -> None:
        before = self.state
        self.state = State(dict(before.tables), dict(before.next_ids), dict(before.last_operation))

    def put(self, resource: R) -> R:
        """There is this resource from now on."""
        self._change(Put(resource), kind_of(resource))
        return resource

    def drop(self, resource: Resource) -> None:
        """It is gone."""
        self._change(Drop(ref_to(resource)), kind_of(resource))

    def new_id(self, kind: ResourceKind) -> int:
        """For a resource that is to be put."""
        return self.state.next_ids[kind]

    def begin(self, command: str, *resources: Resource | Ref, takes: float | None = None) -> Operation:
        """An operation on these resources begins; it takes as long as any does, or `takes` seconds."""
        refs = tuple(each if isinstance(each, Ref) else ref_to(each) for each in resources)
        ends = self.now + (self.takes if takes is None else takes)
        number = self.new_id(ResourceKind.OPERATION)
        return self.put(Operation(number, command, self.now, ends, refs, self.failure))

    def _change(self, change: Change, kind: ResourceKind) -> None:
        if kind not in self._copied:
            self._copied.add(kind)
            self.state.tables[kind] = dict(self.state.tables[kind])
        self.changes.append(change)
        self.state.apply((change,))
