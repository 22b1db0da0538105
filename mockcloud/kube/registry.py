"""What a write does, from a decoded body to the stored object: the one place that decides and stores.

Admission may wait; what follows it, up to the commit, does not. What was read before admission waited is not
committed over what came meanwhile: an update begins anew on the newer object, or ends as a conflict. Time,
chance and identity come in from outside.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from random import Random
from typing import Final

import orjson

from mockcloud.kube.admission.attributes import Attributes, Operation
from mockcloud.kube.admission.chain import Chain
from mockcloud.kube.admission.plugins.namespaces import require_open
from mockcloud.kube.auth.user import API_SERVER, User
from mockcloud.kube.field_errors import Invalid
from mockcloud.kube.field_errors import invalid as invalid_value
from mockcloud.kube.json_types import JsonObject, object_at
from mockcloud.kube.managed_fields.ownership import Live
from mockcloud.kube.resources.ipaddresses import IP_ADDRESS
from mockcloud.kube.resources.kind import Kind
from mockcloud.kube.resources.scheme import Scheme
from mockcloud.kube.resources.services.service import SERVICE
from mockcloud.kube.service_allocation.allocator import ServiceAllocator
from mockcloud.kube.storage.managed_fields import ManagedFields
from mockcloud.kube.storage.store import Key, Store, Stored, encoded, ordered
from mockcloud.kube.times import rfc3339
from mockcloud.kube.writes import creation, deletion, ip_addresses, refusals
from mockcloud.kube.writes.deletion import DeleteOptions, Gone
from mockcloud.kube.writes.names import generated
from mockcloud.kube.writes.tracking import Manager, said_of, same_but_times, tracked
from mockcloud.kube.writes.updating import counted, unchanged, updated

NAME_TRIES = 8
WRITE_TRIES = 5
"""How often a write begins anew because another came before it (apiserver's MaxRetryWhenPatchConflicts)."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """The object after a write; `gone` where the write removed it."""

    object: Stored
    gone: bool = False


@dataclass(frozen=True, slots=True)
class Place:
    """Where a write goes: one object, or one part of it."""

    kind: Kind
    namespace: str
    name: str = ""
    subresource: str = ""

    @property
    def key(self) -> Key:
        """The object's key in the store."""
        return (self.namespace, self.name)


@dataclass(frozen=True, slots=True)
class Author:
    """Who writes: as whom, and under which name the fields are kept that it sets ("": nobody says)."""

    user: User
    manager: str = ""


ITSELF: Final = Author(API_SERVER, "kube-apiserver")
"""This API, where it writes on its own."""
Change = Callable[[JsonObject], JsonObject]
"""The stored object (a copy) -> the object wanted. It may be asked again, with a newer one."""
Applying = Callable[[Live, Manager], tuple[JsonObject, ManagedFields]]
"""The stored object -> the object wanted, and who owns what of it."""


@dataclass(slots=True)
class Registry:
    """All writes go through here; `by` is who they are from."""

    store: Store
    scheme: Scheme
    admission: Chain
    allocator: ServiceAllocator
    clock: Callable[[], float]
    new_uid: Callable[[], str]
    rng: Random

    def get(self, place: Place) -> Stored:
        """The object, or 404."""
        found = self.store.get(place.kind.storage, place.key)
        if found is None:
            raise refusals.not_found(place.kind, place.name)
        return found

    async def create(self, place: Place, body: JsonObject, by: Author, *, dry_run: bool = False) -> Stored:
        """Store a new object; refuses with 403, 404, 409 or 422."""
        kind = place.kind
        if object_at(body, "metadata").get("resourceVersion"):
            raise refusals.Refusal(500, "", "resourceVersion should not be set on objects to be created")
        name = self._name(kind, place.namespace, object_at(body, "metadata"))
        obj = kind.defaults(creation.prepared(kind, body, place.namespace, name))
        managed = tracked(kind, obj, Live({}, said_of(body, ())), self._manager(by))
        return await self._create(Place(kind, place.namespace, name), obj, managed, by, dry_run=dry_run)

    async def create_applied(
        self, place: Place, applying: Applying, by: Author, *, dry_run: bool = False
    ) -> Stored:
        """Store what is applied to nothing."""
        kind = place.kind
        body, managed = applying(Live({}), self._manager(by))
        obj = kind.defaults(creation.prepared(kind, body, place.namespace, place.name))
        return await self._create(place, obj, managed, by, dry_run=dry_run)

    async def _create(
        self, place: Place, obj: JsonObject, managed: ManagedFields, by: Author, *, dry_run: bool
    ) -> Stored:
        kind, name = place.kind, place.name
        key, seen = place.key, self.store.version
        obj = creation.born(kind, creation.begun(kind, obj), self.new_uid(), rfc3339(self.clock()))
        write = Attributes(by.user, Operation.CREATE, kind, place.namespace, name, obj, dry_run=dry_run)
        write = write.with_object(await self.admission.mutated(write))
        await self.admission.validated(write)
        # From here on nothing waits.
        if self.store.version != seen and kind.namespaced:
            require_open(self.store, kind, place.namespace, name)
        self._require_free(kind, key)
        charges = self.admission.charged(write)
        obj = kind.to_stored(self._allocated(kind, write.object, None, dry_run=dry_run))
        if dry_run:
            return _unsaved(obj, managed)
        stored = self.store.put(kind.storage, key, obj, managed)
        _carry_out(charges)
        self._name_addresses(kind, None, obj)
        return stored

    async def update(self, place: Place, change: Change, by: Author, *, dry_run: bool = False) -> Outcome:
        """Store what `change` makes of the object, in the part that is written; a no-op keeps the version."""

        seen = place.kind.from_stored
        return await self.rewrite(place, lambda stored: change(seen(stored.copy())), by, dry_run=dry_run)

    async def rewrite(
        self, place: Place, change: Callable[[Stored], JsonObject], by: Author, *, dry_run: bool = False
    ) -> Outcome:
        """As `update`, where the change looks at more than the object."""
        return await self._update(place, lambda stored: (change(stored), None), by, dry_run=dry_run)

    async def apply(self, place: Place, applying: Applying, by: Author, *, dry_run: bool = False) -> Outcome:
        """Store what an apply makes of the object, in the part that is written; a no-op keeps the version."""

        def wanted(stored: Stored) -> tuple[JsonObject, ManagedFields | None]:
            return applying(Live(place.kind.from_stored(stored.copy()), stored.managed), self._manager(by))

        return await self._update(place, wanted, by, dry_run=dry_run)

    async def _update(
        self,
        place: Place,
        wanted_of: Callable[[Stored], tuple[JsonObject, ManagedFields | None]],
        by: Author,
        *,
        dry_run: bool,
    ) -> Outcome:
        kind, part, of = place.kind, place.subresource, (place.kind, place.namespace, place.name)
        for _ in range(WRITE_TRIES):
            stored = self.get(place)
            old = kind.from_stored(stored.object)
            wanted, managed = wanted_of(stored)
            _require_current(kind, stored, object_at(wanted, "metadata"))
            obj = kind.defaults(updated(kind, wanted, old, part))
            obj = kind.timed(obj, old, rfc3339(self.clock())) if part else obj
            if managed is None:
                live = Live(old, said_of(wanted, stored.managed, part))
                managed = tracked(kind, obj, live, self._manager(by), part)
            write = Attributes(by.user, Operation.UPDATE, *of, obj, old, part, dry_run)
            obj = counted(kind, await self.admission.mutated(write), old, part)
            write = write.with_object(obj)
            await self.admission.validated(write)
            if self.store.get(kind.storage, place.key) is stored:
                charges = self.admission.charged(write)
                outcome = self._commit(place, (obj, managed), stored, dry_run=dry_run)
                _carry_out(() if dry_run else charges)
                return outcome
        raise refusals.conflict(kind, place.name)

    async def delete(
        self, place: Place, options: DeleteOptions, by: Author, *, dry_run: bool = False
    ) -> Outcome:
        """Remove the object, or mark it for those that must act first."""
        for _ in range(WRITE_TRIES):
            stored = self.get(place)
            of = (place.kind, place.namespace, place.name)
            old = place.kind.from_stored(stored.object)
            write = Attributes(by.user, Operation.DELETE, *of, {}, old, dry_run=dry_run)
            await self.admission.mutated(write)
            await self.admission.validated(write)
            if self.store.get(place.kind.storage, place.key) is stored:
                return self._commit_deletion(place, options, stored, dry_run=dry_run)
        raise refusals.conflict(place.kind, place.name)

    def _commit(
        self, place: Place, state: tuple[JsonObject, ManagedFields], stored: Stored, *, dry_run: bool
    ) -> Outcome:
        wanted, managed = state
        obj = place.kind.to_stored(self._allocated(place.kind, wanted, stored.object, dry_run=dry_run))
        if same_but_times(managed, stored.managed) and unchanged(obj, stored.object):
            return Outcome(stored)
        if dry_run:
            return Outcome(_unsaved(obj, managed))
        if deletion.finished(place.kind, obj):
            # Watchers see one event, the end; the state in between was nobody's.
            self._remove(place)
            return Outcome(_unsaved(obj, managed), gone=True)
        outcome = Outcome(self.store.put(place.kind.storage, place.key, obj, managed))
        self._name_addresses(place.kind, stored.object, obj)
        return outcome

    def _commit_deletion(
        self, place: Place, options: DeleteOptions, stored: Stored, *, dry_run: bool
    ) -> Outcome:
        decision = deletion.decide(place.kind, stored.copy(), options, self.clock())
        if isinstance(decision, Gone):
            removed = stored if dry_run else self._remove(place)
            end = _unsaved(decision.object, stored.managed) if decision.object else removed
            return Outcome(end, gone=True)
        if unchanged(decision.object, stored.object):
            return Outcome(stored)
        if dry_run:
            return Outcome(_unsaved(decision.object, stored.managed))
        return Outcome(self.store.put(place.kind.storage, place.key, decision.object, stored.managed))

    def _manager(self, by: Author) -> Manager:
        return Manager(by.manager, self.clock())

    def _remove(self, place: Place) -> Stored:
        removed = self.store.delete(place.kind.storage, place.key)
        if removed is None:
            raise refusals.not_found(place.kind, place.name)
        if place.kind is SERVICE:
            self.allocator.release(removed.object)
            self._name_addresses(SERVICE, removed.object, None)
        return removed

    def _name_addresses(self, kind: Kind, old: JsonObject | None, new: JsonObject | None) -> None:
        """In the same step a Service's addresses get and lose the IPAddresses that stand for them."""
        if kind is not SERVICE:
            return
        before, after = ip_addresses.names_of(old), ip_addresses.names_of(new)
        for name in (each for each in before if each not in after):
            present = self.store.get(IP_ADDRESS.storage, ("", name))
            if old is not None and present is not None and ip_addresses.stands_for(present.object, old):
                self.store.delete(IP_ADDRESS.storage, ("", name))
        for name in (each for each in after if each not in before):
            if new is not None and self.store.get(IP_ADDRESS.storage, ("", name)) is None:
                self._name_address(name, ip_addresses.address_of(name, new))

    def _name_address(self, name: str, body: JsonObject) -> None:
        obj = creation.begun(IP_ADDRESS, creation.prepared(IP_ADDRESS, body, "", name))
        managed = tracked(IP_ADDRESS, obj, Live({}), self._manager(ITSELF))
        obj = creation.born(IP_ADDRESS, obj, self.new_uid(), rfc3339(self.clock()))
        self.store.put(IP_ADDRESS.storage, ("", name), obj, managed)

    def _name(self, kind: Kind, namespace: str, metadata: JsonObject) -> str:
        """The name wanted, or one made up that is free; "" where neither is asked for."""
        name, stem = metadata.get("name") or "", metadata.get("generateName") or ""
        if name or not stem:
            return name
        for _ in range(NAME_TRIES):
            name = generated(stem, self.rng.choice)
            if self.store.get(kind.storage, (namespace, name)) is None:
                break
        return name

    def _require_free(self, kind: Kind, key: Key) -> None:
        existing = self.store.get(kind.storage, key)
        if existing is not None:
            being_deleted = bool(existing.object["metadata"].get("deletionTimestamp"))
            raise refusals.already_exists(kind, key[1], being_deleted=being_deleted)

    def _allocated(self, kind: Kind, obj: JsonObject, old: JsonObject | None, *, dry_run: bool) -> JsonObject:
        """The object, with addresses and ports where its kind has them; 422 where they cannot be had."""
        if kind is not SERVICE:
            return obj
        encoded(obj)  # too large a Service must not be given addresses first
        try:
            return self.allocator.allocate(obj, old, dry_run=dry_run)
        except Invalid as exc:
            name = obj["metadata"].get("name") or ""
            raise refusals.invalid(kind.kind, kind.group, name, exc.causes) from exc


def _require_current(kind: Kind, stored: Stored, wanted: JsonObject) -> None:
    """409 where the write is based on another version or another object; 422 where it must name a version."""
    name = stored.object["metadata"]["name"]
    version = wanted.get("resourceVersion") or ""
    if version == "0":  # any version, as in a read
        version = ""
    if not version and not kind.unconditional_update:
        cause = invalid_value("metadata.resourceVersion", 0, "must be specified for an update")
        raise refusals.invalid(kind.plural, kind.group, name, [cause])
    if version and version != str(stored.version):
        raise refusals.conflict(kind, name)
    uid = wanted.get("uid")
    if uid and uid != stored.object["metadata"]["uid"]:
        actual = stored.object["metadata"]["uid"]
        why = f"Precondition failed: UID in precondition: {uid}, UID in object meta: {actual}"
        raise refusals.conflict(kind, name, why)


def _carry_out(charges: Iterable[Callable[[], object]]) -> None:
    for each in charges:
        each()


def _unsaved(obj: JsonObject, managed: ManagedFields) -> Stored:
    """What a dry run would have stored."""
    obj = ordered(obj)
    return Stored(obj, orjson.dumps(obj), 0, managed)
