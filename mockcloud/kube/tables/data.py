"""The tables of ConfigMaps, Secrets, ServiceAccounts and volume claims, and of any kind without a printer."""

from typing import Final

from mockcloud.kube.json_types import JsonObject, object_at, objects_at
from mockcloud.kube.tables.cells import Cell, Printer, age, name_of, texts, wide


def _config_map(config_map: JsonObject, now: float) -> list[Cell]:
    entries = len(object_at(config_map, "data")) + len(object_at(config_map, "binaryData"))
    return [name_of(config_map), entries, age(config_map, now)]


def _secret(secret: JsonObject, now: float) -> list[Cell]:
    entries = len(object_at(secret, "data"))
    return [name_of(secret), str(secret.get("type") or ""), entries, age(secret, now)]


def _service_account(account: JsonObject, now: float) -> list[Cell]:
    return [name_of(account), len(objects_at(account, "secrets")), age(account, now)]


def _claim(claim: JsonObject, now: float) -> list[Cell]:
    spec, status = object_at(claim, "spec"), object_at(claim, "status")
    volume = str(spec.get("volumeName") or "")
    modes = (_ACCESS[mode] for mode in _ACCESS if mode in (status.get("accessModes") or ()))
    return [
        name_of(claim),
        "Terminating" if claim["metadata"].get("deletionTimestamp") else str(status.get("phase") or ""),
        volume,
        str(object_at(status, "capacity").get("storage") or "0") if volume else "",
        ",".join(modes) if volume else "",
        str(spec.get("storageClassName") or ""),
        str(spec.get("volumeAttributesClassName") or _UNSET),
        age(claim, now),
        str(spec.get("volumeMode") or _UNSET),
    ]


def _anything(obj: JsonObject, now: float) -> list[Cell]:
    return [name_of(obj), age(obj, now)]


_UNSET: Final = "<unset>"
_ACCESS: Final = {
    "ReadWriteOnce": "RWO",
    "ReadOnlyMany": "ROX",
    "ReadWriteMany": "RWX",
    "ReadWriteOncePod": "RWOP",
}

CLAIM: Final = Printer(
    (
        *texts("Name", "Status", "Volume", "Capacity", "Access Modes", "StorageClass"),
        *texts("VolumeAttributesClass", "Age"),
        *wide("VolumeMode"),
    ),
    _claim,
)
CONFIG_MAP: Final = Printer(texts("Name", "Data", "Age"), _config_map)
SECRET: Final = Printer(texts("Name", "Type", "Data", "Age"), _secret)
SERVICE_ACCOUNT: Final = Printer(texts("Name", "Secrets", "Age"), _service_account)
ANYTHING: Final = Printer(texts("Name", "Age"), _anything)
