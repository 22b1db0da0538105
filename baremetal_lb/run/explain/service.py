"""`baremetal-lb why`: reads what concerns one Service, and tells where its chain is broken.

What may not be read is told as such, with the right that is missing; the rest is told all the same.
"""

from __future__ import annotations

import asyncio
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, Final, TypeVar

import orjson

from baremetal_lb.decide.explain.chain import Chain, Facts, Scope, chain, lines
from baremetal_lb.kube import convert
from baremetal_lb.kube.client import Client
from baremetal_lb.kube.errors import KubeError, Refused
from baremetal_lb.kube.leases import read_lease
from baremetal_lb.kube.resources import CONFIG_MAPS, ENDPOINT_SLICES, EVENTS, SERVICES
from baremetal_lb.kube.topology import SERVICE_LABEL, serving_nodes
from baremetal_lb.kube.watch import MALFORMED, MOST_WORDS
from baremetal_lb.link.errors import CapabilityMissing
from baremetal_lb.model.quoting import printable
from baremetal_lb.run.clock import utc_now
from baremetal_lb.run.explain.lan import CannotAsk, ask
from baremetal_lb.run.explain.reading import config_map, configuration_of, leader_of, speakers_of

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from baremetal_lb.decide.explain.overview import Configuration, Seen
    from baremetal_lb.kube.client import JsonObject
    from baremetal_lb.model.objects import ObjectKey
    from baremetal_lb.model.services import ServiceView
    from baremetal_lb.settings import Settings

T = TypeVar("T")
EVENTS_SHOWN: Final = 5


def why(
    key: ObjectKey,
    settings: Settings,
    say: Callable[[str], object],
    *,
    interfaces: Sequence[str] = (),
    as_json: bool = False,
) -> int:
    """Say it. 0 where no link is broken; 1 where one is, or neither cluster nor LAN can be asked."""
    try:
        told = asyncio.run(look(key, settings, interfaces))
    except (KubeError, CannotAsk, CapabilityMissing) as exc:
        say(printable(f"error: {exc}"))
        return 1
    if as_json:
        found = {**asdict(told), "broken": told.broken.about if told.broken else None}
        say(orjson.dumps(found, option=orjson.OPT_INDENT_2).decode())
    else:
        for line in lines(told):
            say(printable(line))
    return 1 if told.broken else 0


async def look(key: ObjectKey, settings: Settings, interfaces: Sequence[str] = ()) -> Chain:
    """One look at what concerns the Service; on these interfaces the LAN is asked, too, who answers for it.

    KubeError where the API does not answer; CannotAsk and CapabilityMissing where the LAN can't be asked.
    """
    scope = Scope(settings.load_balancer_class, settings.namespace, settings.config_map)
    async with await Client.connect(settings.kubeconfig) as client:
        reading = _Reading(client, settings)
        raw = await reading.of("service", client.find(SERVICES, key.name, key.namespace))
        view = await reading.of("service", _view(raw))
        facts = Facts(
            key,
            scope,
            service=view,
            type=str((raw or {}).get("spec", {}).get("type")),
            namesakes=() if raw else await reading.of("namesakes", reading.namesakes(key)) or (),
            since=_since(raw) if view and raw else {},
            configuration=await reading.of("configuration", reading.configuration()),
            leader=await reading.of("controller", reading.leader()),
            speakers=await reading.of("speakers", reading.speakers()) or (),
            serving_nodes=await reading.of("endpoints", reading.serving(key)),
            events=await reading.of("events", reading.events(key)) or (),
            unreadable=reading.refused,
            lan=await ask(interfaces, view.status.addresses) if interfaces and view else None,
        )
    return chain(facts)


async def _view(raw: JsonObject | None) -> ServiceView | None:
    return convert.service(raw) if raw else None


@dataclass(slots=True)
class _Reading:
    client: Client
    settings: Settings
    refused: dict[str, str] = field(default_factory=dict)

    async def of(self, about: str, answer: Awaitable[T]) -> T | None:
        """The answer; None, and why, where it is refused to us, or of no use."""
        try:
            return await answer
        except Refused as exc:
            self.refused[about] = str(exc)
        except MALFORMED as exc:
            self.refused[about] = f"{type(exc).__name__}: {exc}"[:MOST_WORDS]
        return None

    async def configuration(self) -> Configuration:
        return configuration_of(await config_map(self.client, self.settings), self.settings)[0]

    async def leader(self) -> Seen | None:
        read = await read_lease(self.client, self.settings.lease_key)
        return leader_of(read.lease, utc_now()) if read else None

    async def speakers(self) -> tuple[Seen, ...]:
        listed = await self.client.list(CONFIG_MAPS, self.settings.status_namespace)
        return tuple(speakers_of(listed["items"], utc_now()))

    async def serving(self, key: ObjectKey) -> tuple[str, ...]:
        wanted = {"labelSelector": f"{SERVICE_LABEL}={key.name}"}
        listed = await self.client.list(ENDPOINT_SLICES, key.namespace, wanted)
        return tuple(node for each in listed["items"] for node in serving_nodes(each))

    async def events(self, key: ObjectKey) -> tuple[str, ...]:
        selector = f"involvedObject.kind=Service,involvedObject.name={key.name}"
        listed = await self.client.list(EVENTS, key.namespace, {"fieldSelector": selector})
        newest = sorted(listed["items"], key=_last_seen)[-EVENTS_SHOWN:]
        return tuple(
            f"{_last_seen(each)}  {each.get('reason', '')}: {each.get('message', '')}" for each in newest
        )

    async def namesakes(self, key: ObjectKey) -> tuple[str, ...]:
        listed = await self.client.list(SERVICES, None, {"fieldSelector": f"metadata.name={key.name}"})
        return tuple(sorted(each["metadata"]["namespace"] for each in listed["items"]))


def _last_seen(event: JsonObject) -> str:
    return str(event.get("lastTimestamp") or event.get("eventTime") or event["metadata"]["creationTimestamp"])


def _since(service: JsonObject) -> dict[str, str]:
    conditions: list[dict[str, Any]] = (service.get("status") or {}).get("conditions") or []
    return {
        str(each.get("reason")): str(each["lastTransitionTime"])
        for each in conditions
        if each.get("lastTransitionTime")
    }
