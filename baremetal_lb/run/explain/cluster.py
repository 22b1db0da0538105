"""`baremetal-lb status`: asks a cluster how the balancer stands there. It writes nothing."""

from __future__ import annotations

import asyncio
from dataclasses import asdict
from typing import TYPE_CHECKING

import orjson

from baremetal_lb.decide.controller.node_facts import reserved
from baremetal_lb.decide.explain.overview import (
    Overview,
    lines,
    not_announced,
    pool_use,
    waiting,
)
from baremetal_lb.kube import convert
from baremetal_lb.kube.client import Client
from baremetal_lb.kube.errors import KubeError
from baremetal_lb.kube.leases import read_lease
from baremetal_lb.kube.listing import Listing
from baremetal_lb.kube.resources import CONFIG_MAPS, NODES, SERVICES
from baremetal_lb.kube.topology import node_facts
from baremetal_lb.model.quoting import printable
from baremetal_lb.run.clock import utc_now
from baremetal_lb.run.explain.reading import config_map, configuration_of, leader_of, speakers_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from baremetal_lb.settings import Settings


def status(settings: Settings, say: Callable[[str], object], *, as_json: bool = False) -> int:
    """Say how things stand. 0; or 1 where the cluster does not answer."""
    try:
        found = asyncio.run(look(settings))
    except KubeError as exc:
        say(printable(f"error: {exc}"))
        return 1
    if as_json:
        say(orjson.dumps(asdict(found), option=orjson.OPT_INDENT_2).decode())
    else:
        for line in lines(found):
            say(printable(line))
    return 0


async def look(settings: Settings) -> Overview:
    """One look at everything; KubeError where the API does not answer, or not to us."""
    listing = Listing()
    async with await Client.connect(settings.kubeconfig) as client:
        listed_nodes = listing.read("Node", (await client.list(NODES))["items"], node_facts)
        listed = listing.read("Service", (await client.list(SERVICES))["items"], convert.service)
        reports = (await client.list(CONFIG_MAPS, settings.status_namespace))["items"]
        raw = await config_map(client, settings)
        lease = await read_lease(client, settings.lease_key)
    nodes = {key.name: facts for key, facts in listed_nodes}
    now = utc_now()
    services = [view for _, view in listed]
    configuration, config = configuration_of(raw, settings)
    ours = [
        view
        for view in services
        if view.is_load_balancer and (view.load_balancer_class or "") == settings.load_balancer_class
    ]
    return Overview(
        configuration=configuration,
        pools=pool_use(config, reserved(settings.never_give, nodes), services),
        leader=leader_of(lease.lease, now) if lease else None,
        services=len(ours),
        waiting=waiting(ours),
        not_announced=not_announced(ours),
        speakers=tuple(speakers_of(reports, now)),
        left_out=tuple(listing.left_out),
    )
