"""What a write does, from a decoded body to the stored object: the one place that decides and stores.

It never waits, so a write is atomic. Time, chance and identity come in from outside.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random

import orjson

from mockcloud.kube.field_errors import Cause, Invalid
from mockcloud.kube.field_errors import invalid as invalid_value
from mockcloud.kube.json_types import JsonObject, object_at
from mockcloud.kube.objects import creation, deletion, refusals
from mockcloud.kube.objects.deletion import DeleteOptions, Gone
from mockcloud.kube.objects.names import generated
from mockcloud.kube.objects.updating import unchanged, updated
from mockcloud.kube.resources.core.namespace import NAMESPACE
from mockcloud.kube.resources.kind import Kind
from mockcloud.kube.resources.scheme import Scheme
from mockcloud.kube.resources.services.service import SERVICE
from mockcloud.kube.service_allocation.allocator import ServiceAllocator
from mockcloud.kube.storage.store import Key, Store, Stored, encoded
from mockcloud.kube.times import rfc3339

NAME_TRIES = 8


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


Change = Callable[[JsonObject], JsonObject]
"""The stored object (a copy) -> the object wanted."""


@dataclass(slots=True)
class Registry:
    """All writes go through here."""

    store: Store
    scheme: Scheme
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

    def create(self, place: Place, body: JsonObject, *, dry_run: bool = False) -> Stored:
        """Store a new object; refuses with 403, 404, 409 or 422."""
        kind = place.kind
        if object_at(body, "metadata").get("resourceVersion"):
            raise refusals.Refusal(500, "", "resourceVersion should not be set on objects to be created")
        name = self._name(kind, place.namespace, object_at(body, "metadata"))
        if kind.namespaced:
            self._require_open_namespace(place, name)
        obj = creation.prepared(kind, body, place.namespace, name)
        obj = creation.born(obj, self.new_uid(), rfc3339(self.clock()))
        key = (place.namespace, name)
        self._require_free(kind, key)
        obj = self._admitted(kind, obj, None, dry_run=dry_run)
        return _unsaved(obj) if dry_run else self.store.put(kind.storage, key, obj)

    def update(self, place: Place, change: Change, *, dry_run: bool = False) -> Outcome:
        """Store what `change` makes of the object, in the part that is written; a no-op keeps the version."""
        kind = place.kind
        stored = self.get(place)
        wanted = change(stored.copy())
        _require_current(kind, stored, object_at(wanted, "metadata"))
        if kind.has_generation and not place.subresource:
            wanted = kind.defaults(wanted)  # a default that was left out is no change to count
        obj = updated(kind, wanted, stored.object, place.subresource)
        obj = self._admitted(kind, obj, stored.object, dry_run=dry_run)
        if unchanged(obj, stored.object):
            return Outcome(stored)
        if dry_run:
            return Outcome(_unsaved(obj))
        if deletion.finished(kind, obj):
            # Watchers see one event, the end; the state in between was nobody's.
            self._remove(place)
            return Outcome(_unsaved(obj), gone=True)
        return Outcome(self.store.put(kind.storage, place.key, obj))

    def delete(self, place: Place, options: DeleteOptions, *, dry_run: bool = False) -> Outcome:
        """Remove the object, or mark it for those that must act first."""
        stored = self.get(place)
        decision = deletion.decide(place.kind, stored.copy(), options, self.clock())
        if isinstance(decision, Gone):
            removed = stored if dry_run else self._remove(place)
            return Outcome(_unsaved(decision.object) if decision.object else removed, gone=True)
        if unchanged(decision.object, stored.object):
            return Outcome(stored)
        if dry_run:
            return Outcome(_unsaved(decision.object))
        return Outcome(self.store.put(place.kind.storage, place.key, decision.object))

    def _remove(self, place: Place) -> Stored:
        removed = self.store.delete(place.kind.storage, place.key)
        if removed is None:
            raise refusals.not_found(place.kind, place.name)
        if place.kind is SERVICE:
            self.allocator.release(removed.object)
        return removed

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

    def _require_open_namespace(self, place: Place, name: str) -> None:
        namespace = place.namespace
        found = self.store.get(NAMESPACE.storage, ("", namespace))
        if found is None:
            raise refusals.not_found(NAMESPACE, namespace)
        if found.object["metadata"].get("deletionTimestamp"):
            why = f"unable to create new content in namespace {namespace} because it is being terminated"
            cause = {
                "reason": "NamespaceTerminating",
                "message": f"namespace {namespace} is being terminated",
                "field": "metadata.namespace",
            }
            raise refusals.forbidden(place.kind, name, why, [cause])

    def _admitted(self, kind: Kind, obj: JsonObject, old: JsonObject | None, *, dry_run: bool) -> JsonObject:
        """The object with its defaults, and addresses where its kind has them; 422 where it breaks a rule."""
        try:
            if kind is SERVICE:
                encoded(obj)  # too large a Service must not be given addresses first
                return self.allocator.admit(obj, old, dry_run=dry_run)
            obj = kind.defaults(obj)
            causes = kind.problems(obj, old)
        except Invalid as exc:
            raise _invalid(kind, obj, exc.causes) from exc
        if causes:
            raise _invalid(kind, obj, causes)
        return obj


def _invalid(kind: Kind, obj: JsonObject, causes: Sequence[Cause]) -> refusals.Refusal:
    return refusals.invalid(kind.kind, kind.group, obj["metadata"].get("name") or "", causes)


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


def _unsaved(obj: JsonObject) -> Stored:
    """What a dry run would have stored."""
    return Stored(obj, orjson.dumps(obj), 0)
