"""The tables of ConfigMaps, Secrets and ServiceAccounts, and of any kind without a printer of its own."""

from typing import Final

from mockcloud.kube.json_types import JsonObject, object_at, objects_at
from mockcloud.kube.tables.cells import Cell, Printer, age, name_of, texts


def _config_map(config_map: JsonObject, now: float) -> list[Cell]:
    entries = len(object_at(config_map, "data")) + len(object_at(config_map, "binaryData"))
    return [name_of(config_map), entries, age(config_map, now)]


def _secret(secret: JsonObject, now: float) -> list[Cell]:
    entries = len(object_at(secret, "data"))
    return [name_of(secret), str(secret.get("type") or ""), entries, age(secret, now)]


def _service_account(account: JsonObject, now: float) -> list[Cell]:
    return [name_of(account), len(objects_at(account, "secrets")), age(account, now)]


def _anything(obj: JsonObject, now: float) -> list[Cell]:
    return [name_of(obj), age(obj, now)]


CONFIG_MAP: Final = Printer(texts("Name", "Data", "Age"), _config_map)
SECRET: Final = Printer(texts("Name", "Type", "Data", "Age"), _secret)
SERVICE_ACCOUNT: Final = Printer(texts("Name", "Secrets", "Age"), _service_account)
ANYTHING: Final = Printer(texts("Name", "Age"), _anything)
