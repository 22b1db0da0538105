"""API objects as they travel: JSON mappings, known by namespace and name. No I/O: decisions import it."""

from typing import Any

Object = dict[str, Any]
Key = tuple[str, str]


def key_of(obj: Object) -> Key:
    """(namespace, name); the namespace is "" for what is not in one."""
    metadata = obj["metadata"]
    return metadata.get("namespace", ""), metadata["name"]
