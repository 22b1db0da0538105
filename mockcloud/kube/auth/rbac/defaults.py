"""The roles and bindings that every cluster starts with (made by `generate`)."""

from importlib import resources

import orjson

from mockcloud.kube.json_types import JsonObject


def default_objects() -> list[JsonObject]:
    """Roles before the bindings that name them."""
    found: list[JsonObject] = orjson.loads(
        resources.files(__package__).joinpath("defaults.json").read_bytes()
    )
    return found
