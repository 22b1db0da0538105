"""Who owns which field after a write: from a kind's objects to managedFields, and an apply's refusals."""

from dataclasses import dataclass

import orjson

from mockcloud.kube.json_types import JsonObject, object_at
from mockcloud.kube.managed_fields import conflicts, shapes
from mockcloud.kube.managed_fields.comparing import changes
from mockcloud.kube.managed_fields.ownership import (
    KUBECTL,
    LAST_APPLIED,
    Conflicts,
    Live,
    Writer,
    applied,
    updated,
)
from mockcloud.kube.managed_fields.stating import problems
from mockcloud.kube.resources.kind import Kind
from mockcloud.kube.storage.managed_fields import ManagedFields, read
from mockcloud.kube.times import rfc3339
from mockcloud.kube.writes import refusals

UNKNOWN = "unknown"
"""The manager of who does not say what program it is."""
UNTRACKED = ("binding",)
"""Parts of an object that are written without an owner, as upstream."""


@dataclass(frozen=True, slots=True)
class Manager:
    """By which name a write is kept, and when it comes (seconds since the epoch)."""

    name: str
    now: float

    def writer(self, kind: Kind, subresource: str) -> Writer:
        """As who writes this part of an object of the kind."""
        # As upstream, the time of a scale is not written down.
        time = "" if subresource == "scale" else rfc3339(self.now)
        return Writer(self.name or UNKNOWN, kind.group_version, subresource, time, kind.has_status)


def tracked(
    kind: Kind, new: JsonObject, live: Live, manager: Manager, subresource: str = ""
) -> ManagedFields:
    """Who owns what after `new`, with its defaults and before admission, replaces what is live."""
    if subresource in UNTRACKED:
        return live.managed
    try:
        found = changes(shapes.of(kind), live.object, new)
    except shapes.NoKey:
        # As upstream. An item without its key is a mistake that the object's validation will name.
        return ()
    return updated(live.managed, found, manager.writer(kind, subresource))


def said_of(wanted: JsonObject, held: ManagedFields, subresource: str = "") -> ManagedFields:
    """The managedFields to begin with: the client's, where it gives some that make sense, else those held.

    One empty entry clears them.
    """
    said = object_at(wanted, "metadata").get("managedFields")
    if subresource or said is None:
        return held
    if said == [{}]:
        return ()
    return read(said) or held


def with_applied(
    kind: Kind, live: Live, config: JsonObject, writer: Writer, *, force: bool
) -> tuple[JsonObject | None, ManagedFields]:
    """The object with the configuration applied (None: as it was), and who owns what; 400, 409 or 500."""
    shape = shapes.of(kind)
    _require_typed(kind, shape, config)
    try:
        new, managed = applied(shape, live, config, writer, force=force)
    except Conflicts as exc:
        details = {"causes": conflicts.causes(exc.found)}
        raise refusals.Refusal(409, "Conflict", conflicts.message(exc.found), details) from exc
    except shapes.NoKey as exc:
        why = f"failed to create typed live object ({kind.group_version}, Kind={kind.kind}): {exc}"
        raise refusals.Refusal(500, "", why) from exc
    base = live.object if new is None else new
    annotations = object_at(object_at(base, "metadata"), "annotations")
    if writer.manager == KUBECTL and annotations.get(LAST_APPLIED):
        said = {**annotations, LAST_APPLIED: _last_applied(config)}
        new = {**base, "metadata": {**base["metadata"], "annotations": said}}
    return new, managed


def same_but_times(a: ManagedFields, b: ManagedFields) -> bool:
    """Whether both say the same, at whatever time."""
    return len(a) == len(b) and all(
        x is y or (x.identity == y.identity and x.api_version == y.api_version and x.fields == y.fields)
        for x, y in zip(a, b, strict=True)
    )


def _require_typed(kind: Kind, shape: shapes.Shape, config: JsonObject) -> None:
    """400 or 500 where the configuration is none of this kind."""
    group, _, version = str(config.get("apiVersion") or "").rpartition("/")
    named = str(config.get("kind") or "")
    shown = f"{group}/{version}, Kind={named}"
    if (group, version, named) != kind.gvk:
        msg = f"invalid object type: {shown}"
        raise refusals.bad_request(msg)
    metadata = object_at(config, "metadata")
    if metadata.get("managedFields") is not None:
        msg = "metadata.managedFields must be nil"
        raise refusals.bad_request(msg)
    found = list(problems(shape, config))
    if found:
        where = f"{metadata.get('namespace') or ''}/{metadata.get('name') or ''}"
        said = found[0] if len(found) == 1 else "\n".join(["errors:", *(f"  {each}" for each in found)])
        raise refusals.Refusal(500, "", f"failed to create typed patch object ({where}; {shown}): {said}")


def _last_applied(config: JsonObject) -> str:
    """The configuration as client-side apply writes it down."""
    metadata = object_at(config, "metadata")
    annotations = object_at(metadata, "annotations")
    left = {name: text for name, text in annotations.items() if name != LAST_APPLIED}
    if annotations:
        config = {**config, "metadata": {**metadata, "annotations": left}}
    return orjson.dumps(config, option=orjson.OPT_SORT_KEYS).decode() + "\n"
