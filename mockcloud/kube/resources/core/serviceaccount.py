"""ServiceAccounts."""

from typing import Final

from mockcloud.kube.json_types import JsonObject, objects_at
from mockcloud.kube.resources.kind import Kind
from mockcloud.kube.resources.printing import Cell, Printer, age, name_of, texts


def _row(account: JsonObject, now: float) -> list[Cell]:
    return [name_of(account), len(objects_at(account, "secrets")), age(account, now)]


SERVICE_ACCOUNT: Final = Kind(
    "",
    "v1",
    "ServiceAccount",
    "serviceaccounts",
    ("sa",),
    subresources=("token",),
    model="V1ServiceAccount",
    returns_deleted=True,
    printer=Printer(texts("Name", "Secrets", "Age"), _row),
)
