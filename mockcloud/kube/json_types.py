"""How a Kubernetes object is held in memory: as the JSON object it came as, admitted by the schema."""

from typing import Any, TypeAlias

JsonObject: TypeAlias = dict[str, Any]


def object_at(holder: JsonObject, name: str) -> JsonObject:
    """The object under `name`; an empty one where it is absent or null."""
    found = holder.get(name)
    return found if isinstance(found, dict) else {}


def objects_at(holder: JsonObject, name: str) -> list[JsonObject]:
    """The list of objects under `name`; an empty one where it is absent or null."""
    found = holder.get(name)
    return found if isinstance(found, list) else []


def filled(obj: JsonObject, **defaults: object) -> JsonObject:
    """A copy with the defaults where a field is absent, null or empty text."""
    missing = {key: value for key, value in defaults.items() if obj.get(key) is None or obj[key] == ""}
    return {**obj, **missing}
