"""JSON patch (RFC 6902), bounded as kube-apiserver bounds it."""

from collections.abc import Sequence
from typing import Any

import orjson

from mockcloud.kube.patch.errors import PatchError
from mockcloud.kube.patch.nesting import MAX_DEPTH, deeper_than

MAX_OPERATIONS = 10_000
"""What kube-apiserver takes in one JSON patch."""
MAX_COPIED = 3 << 20
"""Bytes that the copies of one JSON patch may add (kube-apiserver's JSONPatchMaxCopyBytes)."""

REJECTED = "the server rejected our request due to an error in our request"


def json_patch(target: dict[str, Any], operations: Sequence[Any]) -> dict[str, Any]:
    """The target with the operations applied; PatchError 400, 413 (too long) or 422.

    Bounded: 26 copies that each double an object would make 9 GiB of 100 bytes.
    """
    import jsonpatch  # rarely needed, and not free to import

    if not isinstance(operations, list | tuple):
        kind = "object" if isinstance(operations, dict) else type(operations).__name__
        raise PatchError(400, f"json: cannot unmarshal {kind} into Go value of type jsonpatch.Patch")
    if len(operations) > MAX_OPERATIONS:
        allowed = f"The allowed maximum operations in a JSON patch is {MAX_OPERATIONS}, got {len(operations)}"
        raise PatchError(413, f"Request entity too large: {allowed}")
    try:
        patched = _applied(target, operations)
    except (jsonpatch.JsonPatchException, jsonpatch.JsonPointerException, TypeError, KeyError) as exc:
        raise PatchError(422, REJECTED, detail=str(exc)) from exc
    if not isinstance(patched, dict):
        raise PatchError(422, REJECTED, detail="the patched document is not an object")
    return patched


def _applied(target: dict[str, Any], operations: Sequence[Any]) -> Any:  # noqa: ANN401 (any JSON)
    """The document after all operations; between two copies they go to the library in one piece."""
    from jsonpatch import JsonPatch

    document: Any = orjson.loads(orjson.dumps(target))
    copied = 0
    pending: list[Any] = []
    for operation in operations:
        if isinstance(operation, dict) and operation.get("op") == "copy":
            document = JsonPatch(pending).apply(document, in_place=True)
            pending = []
            copied += _copied_bytes(document, operation)
            if copied > MAX_COPIED:
                why = f"the copies add {copied} bytes or more, at most {MAX_COPIED} are allowed"
                raise PatchError(422, REJECTED, detail=why)
        pending.append(operation)
    document = JsonPatch(pending).apply(document, in_place=True)
    if deeper_than(document, MAX_DEPTH):
        raise PatchError(422, REJECTED, detail=f"the patched document is nested deeper than {MAX_DEPTH}")
    return document


def _copied_bytes(document: object, operation: dict[str, Any]) -> int:
    """What the value that the operation copies takes as JSON; 0 where the library will refuse it."""
    from jsonpatch import JsonPointer, JsonPointerException

    try:
        value = JsonPointer(str(operation.get("from"))).resolve(document, None)
    except (JsonPointerException, TypeError):
        return 0
    if deeper_than(value, MAX_DEPTH):
        raise PatchError(422, REJECTED, detail=f"a copied value is nested deeper than {MAX_DEPTH}")
    return len(orjson.dumps(value))
