"""The bill: what each resource that is there costs, by the hour and until now. Pure."""

from __future__ import annotations

from decimal import Decimal
from math import ceil
from typing import TYPE_CHECKING, Any

from mockcloud.cloud.core.catalogue import ADDRESS_PRICE
from mockcloud.cloud.core.values import Address, Balancer, Family, Instance

if TYPE_CHECKING:
    from mockcloud.cloud.core.catalogue import Catalogue
    from mockcloud.cloud.core.state import State


def invoice(state: State, catalogue: Catalogue, now: float) -> dict[str, Any]:
    """Each begun hour costs; euros without tax, as text. What is gone is not on it."""
    priced = [(each, catalogue.any_instance_size(each.size).price) for each in state.all(Instance)]
    rows = [_row("server", each.name, each.created, price, now) for each, price in priced]
    for each in state.all(Balancer):
        price = catalogue.any_balancer_size(each.size).price
        rows.append(_row("load balancer", each.name, each.created, price, now))
    rows += [
        _row("address", each.name, each.created, ADDRESS_PRICE, now)
        for each in state.all(Address)
        if each.family is Family.V4
    ]
    hourly = sum((Decimal(row["hourly"]) for row in rows), Decimal(0))
    so_far = sum((Decimal(row["so_far"]) for row in rows), Decimal(0))
    return {"currency": "EUR", "hourly": str(hourly), "so_far": str(so_far), "rows": rows}


def _row(what: str, name: str, created: float, price: Decimal, now: float) -> dict[str, str]:
    hours = max(1, ceil((now - created) / 3600))
    return {"what": what, "name": name, "hourly": str(price), "so_far": str(price * hours)}
