"""The three kinds of patch, as functions to a new value; target and patch are never changed."""

from collections.abc import Sequence
from typing import Any

from mockcloud.kube.meaning.strategic import PatchError, strategic_merge_patch

__all__ = ["MAX_OPERATIONS", "PatchError", "json_patch", "merge_patch", "strategic_merge_patch"]

MAX_OPERATIONS = 10_000
"""What kube-apiserver takes in one JSON patch."""

REJECTED = "the server rejected our request due to an error in our request"


def merge_patch(target: Any, patch: Any) -> Any:  # noqa: ANN401 (any JSON)
    """The target with a JSON merge patch applied (RFC 7386 section 2)."""
    if not isinstance(patch, dict):
        return patch
    merged = dict(target) if isinstance(target, dict) else {}
    for key, value in patch.items():
        if value is None:
            merged.pop(key, None)
        else:
            merged[key] = merge_patch(merged.get(key), value)
    return merged


def json_patch(target: dict[str, Any], operations: Sequence[Any]) -> dict[str, Any]:
    """The target with a JSON patch applied (RFC 6902); PatchError 400, 413 (too long) or 422."""
    import jsonpatch  # rarely needed, and not free to import

    if not isinstance(operations, list | tuple):
        kind = "object" if isinstance(operations, dict) else type(operations).__name__
        raise PatchError(400, f"json: cannot unmarshal {kind} into Go value of type jsonpatch.Patch")
    if len(operations) > MAX_OPERATIONS:
        allowed = f"The allowed maximum operations in a JSON patch is {MAX_OPERATIONS}, got {len(operations)}"
        raise PatchError(413, allowed)
    try:
        patched = jsonpatch.JsonPatch(operations).apply(target)
    except (jsonpatch.JsonPatchException, jsonpatch.JsonPointerException, TypeError, KeyError) as exc:
        raise PatchError(422, REJECTED, detail=str(exc)) from exc
    if not isinstance(patched, dict):
        raise PatchError(422, REJECTED, detail="the patched document is not an object")
    return patched
