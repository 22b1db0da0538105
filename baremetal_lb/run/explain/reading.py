"""What both commands read of a cluster, and how it is told."""

from __future__ import annotations

from typing import TYPE_CHECKING

from baremetal_lb.decide.explain.overview import Configuration, Seen
from baremetal_lb.decide.leader_election import NOBODY
from baremetal_lb.decide.pools.parse import parse_config
from baremetal_lb.kube import convert
from baremetal_lb.kube.reports import Reader
from baremetal_lb.kube.resources import CONFIG_MAPS
from baremetal_lb.model.api_names import VERDICT
from baremetal_lb.model.errors import ConfigRejected
from baremetal_lb.model.node_interfaces import NodeInterfaces
from baremetal_lb.model.pools import PoolConfig
from baremetal_lb.model.reports import Unusable
from baremetal_lb.model.times import seconds_since

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from baremetal_lb.decide.leader_election import Lease
    from baremetal_lb.kube.client import Client, JsonObject
    from baremetal_lb.settings import Settings


async def config_map(client: Client, settings: Settings) -> JsonObject | None:
    """The pools' ConfigMap; None where there is none."""
    return await client.find(CONFIG_MAPS, settings.config_map, settings.namespace)


def configuration_of(raw: JsonObject | None, settings: Settings) -> tuple[Configuration, PoolConfig]:
    """What is to be said of it, and the pools that it means."""
    name = str(settings.config_key)
    if raw is None:
        return Configuration(name, "missing: there is no such ConfigMap"), PoolConfig()
    verdict = (raw["metadata"].get("annotations") or {}).get(VERDICT)
    text = convert.config_text(raw)
    if text is None:
        return Configuration(
            name, "rejected", ("data.config: is required",), controller=verdict
        ), PoolConfig()
    try:
        config = parse_config(text)
    except ConfigRejected as exc:
        faults = tuple(map(str, exc.faults))
        return Configuration(name, "rejected", faults, controller=verdict), PoolConfig()
    return Configuration(name, "accepted", warnings=config.warnings, controller=verdict), config


def speakers_of(reports: list[JsonObject], now: datetime) -> Iterator[Seen]:
    """Each speaker that has reported."""
    read = Reader()
    for raw in reports:
        dispatch = read(raw)
        if dispatch is None or isinstance(dispatch.content, NodeInterfaces):
            continue
        seconds = (now - dispatch.renewed).total_seconds() if dispatch.renewed else None
        if isinstance(dispatch.content, Unusable):
            remark = f"its report is of no use: {dispatch.content.detail}"
        else:
            count = sum(len(place.addresses) for place in dispatch.content.announced)
            remark = f"announces {count} address{'' if count == 1 else 'es'}"
        yield Seen(raw["metadata"]["name"], seconds, remark)


def leader_of(lease: Lease, now: datetime) -> Seen | None:
    """Who leads, or led last."""
    if lease.holder == NOBODY:
        return None
    seconds = seconds_since(lease.renewed, now)
    is_late = seconds is not None and seconds > lease.duration
    return Seen(lease.holder, seconds, "silent for longer than its Lease lasts" if is_late else "")
