"""The refusal of an apply that would take fields from others, in upstream's words."""

from collections.abc import Sequence
from typing import Any

from mockcloud.kube.managed_fields.field_sets import path_text
from mockcloud.kube.managed_fields.ownership import Conflict
from mockcloud.kube.storage.managed_fields import UPDATE, Entry


def message(found: Sequence[Conflict]) -> str:
    """What the answer says: a line for each field, below its owner."""
    if len(found) == 1:
        only = found[0]
        return f"Apply failed with 1 conflict: conflict with {_owner(only.owner)}: {path_text(only.path)}"
    lines: dict[str, list[str]] = {}
    for each in found:
        owner = f"conflicts with {_owner(each.owner)}:"
        lines.setdefault(owner, [owner]).append(f"- {path_text(each.path)}")
    said = "\n".join(line for owned in lines.values() for line in owned)
    return f"Apply failed with {len(found)} conflicts: {said}"


def causes(found: Sequence[Conflict]) -> list[dict[str, Any]]:
    """The causes of the answer's details."""
    return [
        {
            "reason": "FieldManagerConflict",
            "message": f"conflict with {_owner(each.owner)}",
            "field": path_text(each.path),
        }
        for each in found
    ]


def _owner(entry: Entry) -> str:
    said = f'"{entry.manager}"'
    if entry.subresource:
        said += f' with subresource "{entry.subresource}"'
    # Upstream has no time here: it is no part of what identifies a manager.
    return f"{said} using {entry.api_version}" if entry.operation == UPDATE else said
