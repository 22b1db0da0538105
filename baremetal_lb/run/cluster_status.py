"""`baremetal-lb status`: asks a cluster how the balancer stands there. It writes nothing."""

from __future__ import annotations

import asyncio
from dataclasses import asdict
from typing import TYPE_CHECKING

import orjson

from baremetal_lb.decide.controller.node_facts import reserved
from baremetal_lb.decide.leader_election import NOBODY
from baremetal_lb.decide.overview import (
    Configuration,
    Overview,
    Seen,
    lines,
    not_announced,
    pool_use,
    waiting,
)
from baremetal_lb.decide.pools.parse import parse_config
from baremetal_lb.kube import convert
from baremetal_lb.kube.client import Client
from baremetal_lb.kube.errors import KubeError, NotFound
from baremetal_lb.kube.leases import read_lease
from baremetal_lb.kube.listing import Listing
from baremetal_lb.kube.reports import Reader
from baremetal_lb.kube.resources import CONFIG_MAPS, NODES, SERVICES
from baremetal_lb.kube.topology import node_facts
from baremetal_lb.model.api_names import VERDICT
from baremetal_lb.model.errors import ConfigRejected
from baremetal_lb.model.node_interfaces import NodeInterfaces
from baremetal_lb.model.pools import PoolConfig
from baremetal_lb.model.reports import Unusable
from baremetal_lb.model.times import seconds_since
from baremetal_lb.run.clock import utc_now

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from baremetal_lb.decide.leader_election import Lease
    from baremetal_lb.kube.client import JsonObject
    from baremetal_lb.settings import Settings


def status(settings: Settings, say: Callable[[str], object], *, as_json: bool = False) -> int:
    """Say how things stand. 0; or 1 where the cluster does not answer."""
    try:
        found = asyncio.run(look(settings))
    except KubeError as exc:
        say(f"error: {exc}")
        return 1
    if as_json:
        say(orjson.dumps(asdict(found), option=orjson.OPT_INDENT_2).decode())
    else:
        for line in lines(found):
            say(line)
    return 0


async def look(settings: Settings) -> Overview:
    """One look at everything; KubeError where the API does not answer, or not to us."""
    listing = Listing()
    async with await Client.connect(settings.kubeconfig) as client:
        listed_nodes = listing.read("Node", (await client.list(NODES))["items"], node_facts)
        listed = listing.read("Service", (await client.list(SERVICES))["items"], convert.service)
        reports = (await client.list(CONFIG_MAPS, settings.status_namespace))["items"]
        config_map = await _config_map(client, settings)
        lease = await read_lease(client, settings.lease_key)
    nodes = {key.name: facts for key, facts in listed_nodes}
    now = utc_now()
    services = [view for _, view in listed]
    configuration, config = _configuration(config_map, settings)
    ours = [
        view
        for view in services
        if view.is_load_balancer and (view.load_balancer_class or "") == settings.load_balancer_class
    ]
    return Overview(
        configuration=configuration,
        pools=pool_use(config, reserved(settings.never_give, nodes), services),
        leader=_leader(lease.lease, now) if lease else None,
        services=len(ours),
        waiting=waiting(ours),
        not_announced=not_announced(ours),
        speakers=tuple(_speakers(reports, now)),
        left_out=tuple(listing.left_out),
    )


async def _config_map(client: Client, settings: Settings) -> JsonObject | None:
    try:
        return await client.get(CONFIG_MAPS, settings.config_map, settings.namespace)
    except NotFound:
        return None


def _configuration(raw: JsonObject | None, settings: Settings) -> tuple[Configuration, PoolConfig]:
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


def _speakers(reports: list[JsonObject], now: datetime) -> Iterator[Seen]:
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


def _leader(lease: Lease, now: datetime) -> Seen | None:
    if lease.holder == NOBODY:
        return None
    seconds = seconds_since(lease.renewed, now)
    is_late = seconds is not None and seconds > lease.duration
    return Seen(lease.holder, seconds, "silent for longer than its Lease lasts" if is_late else "")
