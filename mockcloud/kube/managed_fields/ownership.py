"""From a write to managedFields: who owns what when it is done, or from whom it would take it."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

import orjson

from mockcloud.kube.json_types import JsonObject, object_at
from mockcloud.kube.managed_fields import field_sets
from mockcloud.kube.managed_fields.comparing import Changes, changes
from mockcloud.kube.managed_fields.field_sets import (
    FieldSet,
    difference,
    intersection,
    parsed,
    paths,
    text_of,
    union,
)
from mockcloud.kube.managed_fields.merging import merged
from mockcloud.kube.managed_fields.pruning import pruned
from mockcloud.kube.managed_fields.shapes import Shape
from mockcloud.kube.managed_fields.stating import problems, stated
from mockcloud.kube.storage.managed_fields import APPLY, UPDATE, Entry, ManagedFields

MAX_UPDATERS: Final = 10
"""Entries of updates that an object has at most (apimachinery's DefaultMaxUpdateManagers)."""
ANCIENT: Final = "ancient-changes"
BEFORE: Final = "before-first-apply"
"""Who owns what was there when nobody had been written down, and somebody applied."""
KUBECTL: Final = "kubectl"
LAST_APPLIED: Final = "kubectl.kubernetes.io/last-applied-configuration"
_UNOWNED: Final = frozenset(
    "f:name f:namespace f:creationTimestamp f:selfLink f:uid f:clusterName f:generation f:managedFields "  # noqa: SIM905
    "f:resourceVersion .".split()
)
"""Metadata that nobody owns."""
_EMPTY: Final = "{}"


@dataclass(frozen=True, slots=True)
class Writer:
    """Who writes: a manager, the group version it speaks, the object's part, when (RFC 3339; "": unknown)."""

    manager: str
    api_version: str
    subresource: str
    time: str
    # Whether status is written apart from the rest.
    has_status: bool = False

    def ownable(self, fields: FieldSet) -> FieldSet:
        """Those fields of the set that this write may own."""
        found = {step: node for step, node in fields.items() if step not in ("f:apiVersion", "f:kind")}
        if self.subresource == "status":
            found = {step: node for step, node in found.items() if step in ("f:status", "f:metadata")}
        elif self.has_status:
            found.pop("f:status", None)
        metadata = {step: node for step, node in found.pop("f:metadata", {}).items() if step not in _UNOWNED}
        return {**found, "f:metadata": metadata} if metadata else found

    def entry(self, operation: str, fields: str) -> Entry:
        """What it owns."""
        return Entry(self.manager, operation, self.api_version, self.time, fields, self.subresource)


@dataclass(frozen=True, slots=True)
class Live:
    """An object as it is, {} where it is not there, and who owns what of it."""

    object: JsonObject
    managed: ManagedFields = ()


@dataclass(frozen=True, slots=True)
class Conflict:
    """A field that an apply would take from the manager that owns it."""

    owner: Entry
    path: field_sets.Path


class Conflicts(Exception):
    """An apply that states fields of others otherwise than they are."""

    def __init__(self, found: list[Conflict]) -> None:
        super().__init__(f"{len(found)} fields are owned by others")
        self.found = found


def updated(managed: ManagedFields, found: Changes, writer: Writer) -> ManagedFields:
    """After an update that changed this: what it set is the writer's alone, what it took away is nobody's."""
    found = Changes(writer.ownable(found.changed), writer.ownable(found.removed))
    if not found:
        return managed
    changed, removed = text_of(found.changed), text_of(found.removed)
    left = [each for entry in managed if (each := _left(entry, found, (changed, removed)))]
    if not found.changed:
        return tuple(left)
    mine = writer.entry(UPDATE, changed)
    before = next((entry for entry in managed if entry.identity == mine.identity), None)
    if before is not None:
        kept = field_sets.without(before.fields, removed) if found.removed else before.fields
        mine = replace(mine, fields=field_sets.joined(kept, changed), time=mine.time or before.time)
    others = [entry for entry in left if entry.identity != mine.identity]
    return _in_order(_capped([*others, mine]))


def applied(
    shape: Shape, live: Live, config: JsonObject, writer: Writer, *, force: bool
) -> tuple[JsonObject | None, ManagedFields]:
    """The object with the configuration applied, or None where that changes none of its values; Conflicts."""
    if live.object and not live.managed:
        before = replace(writer, manager=BEFORE)
        live = Live(live.object, updated((), changes(shape, {}, live.object), before))
    try:
        return _applied(shape, live, config, writer, force=force)
    except Conflicts as exc:
        if writer.manager != KUBECTL:
            raise
        # What kubectl's own client-side apply owned is its own, too.
        allowed = _last_applied(shape, live.object, writer)
        left = [each for each in exc.found if not _has(allowed, each.path)]
        if left:
            raise Conflicts(left) from None
    return _applied(shape, live, config, writer, force=True)


def _applied(
    shape: Shape, live: Live, config: JsonObject, writer: Writer, *, force: bool
) -> tuple[JsonObject | None, ManagedFields]:
    said = stated(shape, config)
    mine = writer.entry(APPLY, text_of(writer.ownable(said)))
    before = next((entry for entry in live.managed if entry.identity == mine.identity), None)
    others = [entry for entry in live.managed if entry is not before]
    new: JsonObject = merged(shape, live.object, config)
    if before is not None and before.fields != _EMPTY:
        owned = said
        for entry in others:
            owned = union(owned, parsed(entry.fields))
        new = pruned(shape, new, parsed(before.fields), owned) or {}
    found = changes(shape, live.object, new)
    found = Changes(writer.ownable(found.changed), writer.ownable(found.removed))
    if not force:
        conflicts = list(_conflicts(others, found.changed))
        if conflicts:
            raise Conflicts(conflicts)
    texts = (text_of(found.changed), text_of(found.removed))
    left = [each for entry in others if (each := _left(entry, found, texts))]
    same = new == live.object
    if same or not writer.time:
        mine = replace(mine, time=before.time if before else "")
    if mine.fields != _EMPTY:
        left.append(mine)
    return (None if same else new), _in_order(_capped(left))


def _conflicts(others: list[Entry], changed: FieldSet) -> Iterator[Conflict]:
    for entry in sorted(others, key=lambda entry: entry.identity):
        for path in paths(intersection(parsed(entry.fields), changed)):
            yield Conflict(entry, path)


def _left(entry: Entry, found: Changes, texts: tuple[str, str]) -> Entry | None:
    """What an entry still is when others changed this and took that away; None where it is nothing."""
    fields = entry.fields
    for part, said in zip((found.changed, found.removed), texts, strict=True):
        if any(step in fields for step in part):
            fields = field_sets.without(fields, said)
    if fields == _EMPTY:
        return None
    return entry if fields is entry.fields else replace(entry, fields=fields)


def _capped(entries: list[Entry]) -> list[Entry]:
    """At most MAX_UPDATERS entries of updates: the oldest of one version become one."""
    updaters = sorted(
        (entry for entry in entries if entry.operation == UPDATE),
        key=lambda entry: (entry.time, entry.identity),
    )
    over = len(updaters) - MAX_UPDATERS
    if over <= 0:
        return entries
    kept = {entry.identity: entry for entry in entries}
    first: dict[str, Entry] = {}
    for entry in updaters:
        if over <= 0:
            break
        bucket = Entry(ANCIENT, UPDATE, entry.api_version, entry.time, entry.fields)
        held = first.get(entry.api_version)
        if held is None:
            first[entry.api_version] = entry
            continue
        old = kept.get(bucket.identity) or kept.pop(held.identity)
        kept.pop(entry.identity, None)
        kept[bucket.identity] = replace(bucket, fields=field_sets.joined(entry.fields, old.fields))
        over -= 1
    return list(kept.values())


def _in_order(entries: list[Entry]) -> ManagedFields:
    return tuple(sorted(entries, key=lambda entry: entry.order))


def _last_applied(shape: Shape, live: JsonObject, writer: Writer) -> FieldSet:
    """The fields that the annotation of client-side apply states as they are; none where it does not help."""
    said = object_at(object_at(live, "metadata"), "annotations").get(LAST_APPLIED)
    try:
        last = orjson.loads(said or "null")
    except orjson.JSONDecodeError:
        return field_sets.NOTHING
    if (
        not isinstance(last, dict)
        or last.get("apiVersion") != writer.api_version
        or any(problems(shape, last))
    ):
        return field_sets.NOTHING
    found = changes(shape, last, live)
    return difference(difference(stated(shape, last), found.changed), found.removed)


def _has(fields: FieldSet, path: field_sets.Path) -> bool:
    node = fields
    for step in path:
        if step not in node:
            return False
        node = node[step]
    return field_sets.has_self(node)
