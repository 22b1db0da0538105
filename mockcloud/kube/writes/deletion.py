"""What a DELETE does: gone at once, marked for others to finish, or refused (apiserver's BeforeDelete)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from mockcloud.kube.decimals import integer
from mockcloud.kube.field_errors import Cause, not_supported
from mockcloud.kube.field_errors import invalid as invalid_value
from mockcloud.kube.json_types import JsonObject, object_at
from mockcloud.kube.resources.kind import Kind
from mockcloud.kube.schema.scalars import cannot_unmarshal
from mockcloud.kube.times import epoch_seconds, rfc3339
from mockcloud.kube.writes.refusals import Refusal, bad_request, invalid

LAST_SECOND: Final = 253402300799.0
"""The end of the year 9999: RFC 3339 knows no later one, and a client may ask for any grace."""
POLICIES: Final = ("Foreground", "Background", "Orphan")
ORPHAN: Final = "orphan"
FOREGROUND: Final = "foregroundDeletion"


@dataclass(frozen=True, slots=True)
class DeleteOptions:
    """What the client says about a deletion."""

    grace_seconds: int | None = None
    propagation: str = ""
    uid: str | None = None
    resource_version: str | None = None


@dataclass(frozen=True, slots=True)
class Gone:
    """Remove the object now; the answer shows it in this last state, or as it was."""

    object: JsonObject | None = None


@dataclass(frozen=True, slots=True)
class Marked:
    """Keep the object, being deleted, in this state; it may be the one it has."""

    object: JsonObject


def parse_options(body: JsonObject, query_grace: str, query_propagation: str) -> DeleteOptions:
    """The options of a DELETE; the query's are used where the body has none."""
    _require_typed(body)
    preconditions = object_at(body, "preconditions")
    propagation = body.get("propagationPolicy") or query_propagation
    if body.get("orphanDependents") is not None:
        if propagation:
            why = "orphanDependents and deletionPropagation cannot be both set"
            raise _bad_options(invalid_value("propagationPolicy", propagation, why))
        propagation = "Orphan" if body["orphanDependents"] else "Background"
    if propagation not in ("", *POLICIES):
        raise _bad_options(not_supported("propagationPolicy", propagation, (*POLICIES, "nil")))
    grace = body.get("gracePeriodSeconds", query_grace or None)
    try:
        seconds = None if grace is None else integer(str(grace))
    except ValueError:
        msg = f'gracePeriodSeconds: Invalid value: "{grace}": expected a number of seconds'
        raise bad_request(msg) from None
    return DeleteOptions(seconds, propagation, preconditions.get("uid"), preconditions.get("resourceVersion"))


def _require_typed(body: JsonObject) -> None:
    """400 on a value of a wrong type, in the words with which upstream answers 500."""
    for name, (fits, wanted) in _TYPES.items():
        if body.get(name) is not None and not fits(body[name]):
            msg = cannot_unmarshal(body[name], f"DeleteOptions.{name}", wanted)
            raise bad_request(msg)
    for name, said in object_at(body, "preconditions").items():
        if said is not None and not isinstance(said, str):
            msg = cannot_unmarshal(said, f"Preconditions.preconditions.{name}", "string")
            raise bad_request(msg)


def _is_seconds(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and abs(value) < 1 << 63


def _is_texts(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(each, str) for each in value)


_TYPES: Final[Mapping[str, tuple[Callable[[object], bool], str]]] = {
    "gracePeriodSeconds": (_is_seconds, "int64"),
    "preconditions": (lambda value: isinstance(value, dict), "v1.Preconditions"),
    "orphanDependents": (lambda value: isinstance(value, bool), "bool"),
    "propagationPolicy": (lambda value: isinstance(value, str), "v1.DeletionPropagation"),
    "dryRun": (_is_texts, "[]string"),
}


def _bad_options(cause: Cause) -> Refusal:
    return invalid("DeleteOptions", "meta.k8s.io", "", [cause])


def decide(kind: Kind, obj: JsonObject, options: DeleteOptions, now: float) -> Gone | Marked:
    """The outcome for `obj` at `now` (seconds since the epoch); refuses where a precondition fails."""
    require_met(kind, obj, options)
    finalizers = _finalizers(kind, obj, options.propagation)
    grace = kind.deletion.grace_seconds(obj, options.grace_seconds)
    if grace == 0 and not finalizers and not kind.deletion.is_held(obj):
        return Gone(_marked(kind, obj, finalizers, 0, now) if kind.deletion.shows_end else None)
    return Marked(_marked(kind, obj, finalizers, grace, now))


def finished(kind: Kind, obj: JsonObject) -> bool:
    """Whether an object being deleted has nothing left that keeps it."""
    metadata = obj["metadata"]
    if not metadata.get("deletionTimestamp") or metadata.get("finalizers"):
        return False
    return not metadata.get("deletionGracePeriodSeconds") and not kind.deletion.is_held(obj)


def require_met(kind: Kind, obj: JsonObject, options: DeleteOptions) -> None:
    """409 where the object is another than the client means."""
    metadata = obj["metadata"]
    name = metadata["name"]
    if options.uid is not None and options.uid != metadata["uid"]:
        raise _unmet(kind, name, "UID", (options.uid, metadata["uid"]))
    version = options.resource_version
    if version is not None and version != metadata["resourceVersion"]:
        raise _unmet(kind, name, "ResourceVersion", (version, metadata["resourceVersion"]))


def _qualified(kind: Kind) -> str:
    return f"{kind.kind}.{kind.group}" if kind.group else kind.kind


def _unmet(kind: Kind, name: str, what: str, wanted_and_found: tuple[str, str]) -> Refusal:
    """A failed precondition, which the API server words by kind, not by resource."""
    wanted, found = wanted_and_found
    so = "might have been deleted and then recreated" if what == "UID" else "might have been modified"
    why = f"the {what} in the precondition ({wanted}) does not match the {what} in record ({found})"
    message = f'Operation cannot be fulfilled on {_qualified(kind)} "{name}": {why}. The object {so}'
    details: JsonObject = {"name": name, "kind": kind.kind}
    if kind.group:
        details["group"] = kind.group
    return Refusal(409, "Conflict", message, details)


def _finalizers(kind: Kind, obj: JsonObject, propagation: str) -> list[str]:
    """The object's finalizers, with those of the garbage collector as the policy wants them."""
    present: list[str] = obj["metadata"].get("finalizers") or []
    if not propagation:
        decided = {ORPHAN, FOREGROUND} & set(present)
        return [*present, ORPHAN] if kind.deletion.orphans and not decided else list(present)
    kept = [finalizer for finalizer in present if finalizer not in (ORPHAN, FOREGROUND)]
    match propagation:
        case "Orphan":
            return [*kept, ORPHAN]
        case "Foreground":
            return [*kept, FOREGROUND]
        case _:
            return kept


def _marked(kind: Kind, obj: JsonObject, finalizers: list[str], grace: int, now: float) -> JsonObject:
    metadata = {**obj["metadata"]}
    if finalizers:
        metadata["finalizers"] = finalizers
    else:
        metadata.pop("finalizers", None)
    marked_before = epoch_seconds(metadata.get("deletionTimestamp") or "")
    if marked_before is None:
        if metadata.get("generation"):
            metadata["generation"] += 1
        begun = now
    else:
        # A second DELETE can only shorten the time.
        before = int(metadata.get("deletionGracePeriodSeconds") or 0)
        begun, grace = marked_before - before, min(grace, before)
    metadata["deletionTimestamp"] = rfc3339(min(begun + grace, LAST_SECOND))
    metadata["deletionGracePeriodSeconds"] = grace
    return kind.deletion.marked({**obj, "metadata": metadata})
