"""From a body's JSON values to an object of the kind: the decoding errors and warnings of the API server."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

import orjson

from mockcloud.kube.admission.warnings import warn
from mockcloud.kube.field_errors import forbidden, not_supported, required, too_long
from mockcloud.kube.field_errors import invalid as invalid_value
from mockcloud.kube.json_types import JsonObject, object_at
from mockcloud.kube.queries import optional_flag
from mockcloud.kube.resources.kind import Kind
from mockcloud.kube.schema.fields import Fields, fields_of
from mockcloud.kube.writes.refusals import bad_request, invalid

NO_KIND: Final = ""
LONGEST_MANAGER: Final = 128
"""Bytes of a field manager's name (apimachinery's FieldManagerMaxLength)."""
_VALIDATIONS: Final = ("Ignore", "Strict", "Warn")


@dataclass(slots=True)
class WriteOptions:
    """The query of a write."""

    dry_run: bool = False
    validation: str = "Warn"
    # Of an apply: whether it takes fields from others.
    force: bool = False
    # What the body says twice.
    repeated: list[str] = field(default_factory=list)


def write_options(query: Mapping[str, str], options_kind: str) -> WriteOptions:
    """The options of a write; 422 on `options_kind` where they make no sense."""
    dry_run, validation = query.get("dryRun", ""), query.get("fieldValidation", "")
    manager = query.get("fieldManager", "")
    if len(manager.encode()) > LONGEST_MANAGER:
        cause = too_long("fieldManager", LONGEST_MANAGER)
        raise invalid(options_kind, "meta.k8s.io", "", [cause])
    place = next((place for place, each in enumerate(manager) if not each.isprintable()), None)
    if place is not None:
        why = f"invalid character U+{ord(manager[place]):04X} (at position {place})"
        cause = invalid_value("fieldManager", manager, why)
        raise invalid(options_kind, "meta.k8s.io", "", [cause])
    if dry_run not in ("", "All"):
        cause = not_supported("dryRun", [dry_run], ["All"])
        raise invalid(options_kind, "meta.k8s.io", "", [cause])
    if validation and validation not in _VALIDATIONS:
        cause = not_supported("fieldValidation", validation, ("", *_VALIDATIONS))
        raise invalid(options_kind, "meta.k8s.io", "", [cause])
    return WriteOptions(bool(dry_run), validation or "Warn")


def patch_options(query: Mapping[str, str], *, apply: bool) -> WriteOptions:
    """The options of a PATCH: an apply names its manager, and only an apply may be forced."""
    kind = "PatchOptions"
    options = write_options(query, kind)
    force = optional_flag(query, "force")
    if apply and not query.get("fieldManager"):
        cause = required("fieldManager", "is required for apply patch")
    elif not apply and force is not None:
        cause = forbidden("force", "may not be specified for non-apply patch")
    else:
        options.force = force or False
        return options
    raise invalid(kind, "meta.k8s.io", "", [cause])


def manager_of(query: Mapping[str, str], user_agent: str) -> str:
    """Under which name what is written is kept: as the client says, else its program's name."""
    named = query.get("fieldManager")
    if named:
        return named
    program = "".join(each for each in user_agent.partition("/")[0] if each.isprintable())
    return program.encode()[:LONGEST_MANAGER].decode(errors="ignore")


def decoded(kind: Kind, body: object, options: WriteOptions) -> JsonObject:
    """The body of a POST or PUT as an object of the kind, with the fields it has; 400 where it is none."""
    if not isinstance(body, dict):
        msg = f"the object provided is unrecognized (must be of type {kind.kind}): couldn't get version/kind"
        raise bad_request(msg)
    _require_kind(kind, body)
    fields = fields_of(kind)
    if not options.repeated and fields.clean(body):
        return {**body, "apiVersion": kind.group_version, "kind": kind.kind}
    problem = fields.type_problem(body)
    if problem is not None:
        raise _cannot_handle(kind, kind.kind, problem)
    unknown = _unknown(fields, body, options)
    if unknown and options.validation == "Strict":
        raise _cannot_handle(kind, kind.kind, f"strict decoding error: {', '.join(unknown)}")
    known = {**fields.known(body), "apiVersion": kind.group_version, "kind": kind.kind}
    return _with_clearing(known, body)


def decoded_patch(kind: Kind, result: JsonObject, patch: object, options: WriteOptions) -> JsonObject:
    """The result of a patch as an object of the kind; 422 on the patch where it is none."""
    fields = fields_of(kind)
    if not options.repeated and fields.clean(result):
        return result
    problem = fields.type_problem(result)
    if problem is None:
        unknown = _unknown(fields, result, options)
        if not unknown or options.validation != "Strict":
            return _with_clearing(fields.known(result), result)
        problem = f"strict decoding error: {', '.join(unknown)}"
    cause = invalid_value("patch", orjson.dumps(patch).decode(), problem)
    raise invalid(NO_KIND, "", "", [cause])


def require_once(options: WriteOptions) -> None:
    """400 where an apply says a field twice and is to be strict; else its warning."""
    said = [f"error converting YAML to JSON: {each}" for each in options.repeated]
    if said and options.validation == "Strict":
        msg = f"error strict decoding YAML: {', '.join(said)}"
        raise bad_request(msg)
    if options.validation == "Warn":
        _warn(said)
    options.repeated.clear()


def _with_clearing(known: JsonObject, said: JsonObject) -> JsonObject:
    """The object, which asks to clear managedFields by one empty entry, where an empty list did."""
    if object_at(said, "metadata").get("managedFields") != []:
        return known
    return {**known, "metadata": {**object_at(known, "metadata"), "managedFields": [{}]}}


def _require_kind(kind: Kind, body: JsonObject) -> None:
    """400 where the body says that it is of another kind; a custom kind's has to say what it is."""
    if kind.schema is not None:
        _require_identity(kind, body)
    group_version = body.get("apiVersion") or kind.group_version
    if group_version != kind.group_version:
        msg = (
            f"the API version in the data ({group_version}) does not match "
            f"the expected API version ({kind.group_version})"
        )
        raise bad_request(msg)
    named = body.get("kind") or kind.kind
    if named != kind.kind and kind.schema is not None:
        name = object_at(body, "metadata").get("name") or ""
        raise invalid(named, kind.group, name, [invalid_value("kind", named, f"must be {kind.kind}")])
    if named != kind.kind:
        raise _cannot_handle(kind, str(named), f"no kind conversion from {named} to {kind.kind}")


def _require_identity(kind: Kind, body: JsonObject) -> None:
    """400 where the body of a custom kind does not say what it is."""
    for key, named in (("kind", "Kind"), ("apiVersion", "apiVersion")):
        if not body.get(key):
            text = json.dumps(body)
            start = f"{text[:30]} ..." if len(text) > 30 else text
            why = f"Object '{named}' is missing in '{text}' ({start})"
            msg = f"the object provided is unrecognized (must be of type {kind.kind}): {why}"
            raise bad_request(msg)


def _unknown(fields: Fields, body: JsonObject, options: WriteOptions) -> list[str]:
    if options.validation == "Ignore":
        return []
    unknown = [*fields.strict_problems(body), *options.repeated]
    if options.validation == "Warn":
        _warn(unknown)
    return unknown


def _warn(said: list[str]) -> None:
    """Tell of each; a header is one line."""
    for each in said:
        warn(" ".join(each.split()) if "\n" in each else each)


def _cannot_handle(kind: Kind, named: str, why: str) -> Exception:
    msg = f'{named} in version "{kind.version}" cannot be handled as a {kind.kind}: {why}'
    return bad_request(msg)
