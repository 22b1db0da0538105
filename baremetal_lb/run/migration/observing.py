"""One look at how far a take-over is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from baremetal_lb.decide.migration.steps import Observed
from baremetal_lb.decide.pools.parse import parse_config
from baremetal_lb.kube import convert
from baremetal_lb.kube.leases import read_lease
from baremetal_lb.kube.listing import Listing
from baremetal_lb.kube.metallb import daemons
from baremetal_lb.kube.reports import Reader
from baremetal_lb.kube.resources import CONFIG_MAPS, SERVICES
from baremetal_lb.model.api_names import HOLD, VERDICT, AnnouncedReason
from baremetal_lb.model.errors import ConfigRejected
from baremetal_lb.model.reports import Report
from baremetal_lb.model.times import seconds_since
from baremetal_lb.run.clock import utc_now

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from baremetal_lb.kube.client import Client, JsonObject
    from baremetal_lb.kube.metallb import Daemons
    from baremetal_lb.model.objects import ObjectKey
    from baremetal_lb.model.services import ServiceView
    from baremetal_lb.settings import Settings

SILENT: Final = 60.0  # seconds after which a leader or a speaker counts as gone; clocks may differ
# Nobody is to announce these, whatever we do; or it is announced, and what is wrong is not ours to wait for.
_NOT_WAITED_FOR: Final = frozenset(
    {AnnouncedReason.NO_ENDPOINTS, AnnouncedReason.NOT_IN_LAYER2_POOL, AnnouncedReason.NO_WAY_BACK}
)


@dataclass(frozen=True, slots=True)
class Look:
    """What was seen, and the objects that are acted on."""

    seen: Observed
    metallb: Daemons
    config_map: JsonObject | None
    addresses: dict[ObjectKey, tuple[str, ...]]  # of the Services that are taken over
    remarks: tuple[str, ...] = ()  # on those that are not announced as they should be


async def look(client: Client, settings: Settings, metallb_namespace: str) -> Look:
    """How it is now; KubeError where the API does not answer, or not to us."""
    metallb = await daemons(client, metallb_namespace)
    ours = await daemons(client, settings.namespace, ours=True)
    config_map = await client.find(CONFIG_MAPS, settings.config_map, settings.namespace)
    reports = await _reports(client, settings)
    services = await _services(client, settings)
    annotations = convert.annotations_of(config_map) if config_map else {}
    seen = Observed(
        has_pools=config_map is not None and has_pools(config_map),
        held=HOLD in annotations,
        leads=await _leads(client, settings),
        verdict=annotations.get(VERDICT, ""),
        daemon_set=await ours.speakers(),
        speakers=len(reports),
        holding=sum(each.held for each in reports),
        announcing=sum(len(place.addresses) for each in reports for place in each.announced),
        controller=await metallb.controller(),
        metallb_speakers=await metallb.speakers(),
        silent=tuple(str(each.key) for each in services if _is_silent(each)),
    )
    addresses = {
        each.key: tuple(map(str, each.status.addresses)) for each in services if each.status.addresses
    }
    return Look(seen, metallb, config_map, addresses, tuple(_remarks(services)))


def has_pools(config_map: JsonObject) -> bool:
    """Whether a ConfigMap has a configuration in which there is a pool."""
    try:
        return bool(parse_config(convert.config_text(config_map) or "").pools)
    except ConfigRejected:
        return True  # it is somebody's, who has to mend it


async def _leads(client: Client, settings: Settings) -> bool:
    found = await read_lease(client, settings.lease_key)
    if found is None or not found.lease.holder:
        return False
    age = seconds_since(found.lease.renewed, utc_now())
    return age is not None and age < SILENT


async def _reports(client: Client, settings: Settings) -> list[Report]:
    """Those of speakers that are alive."""
    read, now = Reader(), utc_now()
    found = map(read, (await client.list(CONFIG_MAPS, settings.status_namespace))["items"])
    return [
        each.content
        for each in found
        if each is not None
        and isinstance(each.content, Report)
        and each.renewed is not None
        and (now - each.renewed).total_seconds() < SILENT
    ]


async def _services(client: Client, settings: Settings) -> Sequence[ServiceView]:
    listed = Listing().read("Service", (await client.list(SERVICES))["items"], convert.service)
    return [
        view
        for _, view in listed
        if view.is_load_balancer and (view.load_balancer_class or "") == settings.load_balancer_class
    ]


def _remarks(services: Sequence[ServiceView]) -> Iterator[str]:
    for each in services:
        told = each.status.announced
        if each.status.addresses and told is not None and not told.status:
            yield f"{each.key}: {told.reason}: {told.message}"


def _is_silent(service: ServiceView) -> bool:
    told = service.status.announced
    return bool(service.status.addresses) and (
        told is None or not (told.status or told.reason in _NOT_WAITED_FOR)
    )
