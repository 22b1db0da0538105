"""Which printer shows a kind: columns once, cells for each object."""

from mockcloud.kube.json_types import JsonObject
from mockcloud.kube.kinds import Kind


def columns(kind: Kind) -> list[JsonObject]:
    return [{"name": "Name", "type": "string", "format": "name", "description": "", "priority": 0}]


def cells(kind: Kind, obj: JsonObject, now: float) -> list[object]:
    return [obj["metadata"]["name"]]
