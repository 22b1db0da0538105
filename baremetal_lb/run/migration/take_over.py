"""Takes MetalLB's Services over, or gives them back, one step after the other, each printed.

look -> decide/migration/steps -> do it, or wait -> look. Nothing is kept but what stands in the cluster.
"""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from baremetal_lb.decide.migration.output import config_text
from baremetal_lb.decide.migration.steps import Act, Done, Wait, give_back, take_over
from baremetal_lb.kube.client import MERGE, Target
from baremetal_lb.kube.errors import Conflict
from baremetal_lb.kube.resources import CONFIG_MAPS, NAMESPACES
from baremetal_lb.model.api_names import HOLD
from baremetal_lb.run.migration.observing import look

if TYPE_CHECKING:
    from collections.abc import Callable

    from baremetal_lb.decide.migration.source import Source
    from baremetal_lb.decide.migration.steps import Next, Observed
    from baremetal_lb.kube.client import Client
    from baremetal_lb.run.migration.observing import Look
    from baremetal_lb.settings import Settings

PAUSE: Final = 0.5  # seconds between two looks
REASON: Final = "baremetal-lb migrate: MetalLB announces"


@dataclass(frozen=True, slots=True)
class Move:
    """Whence and whither. `release` is the Helm release that is to adopt a ConfigMap that we make."""

    settings: Settings
    metallb_namespace: str = "metallb-system"
    release: str = "baremetal-lb"
    timeout: float = 120.0  # seconds that a step may take


async def run_take_over(client: Client, move: Move, source: Source, say: Callable[[str], object]) -> int:
    """All the way to us. 0; 1 where it came to a stop, or an address is not what it was."""
    before = (await look(client, move.settings, move.metallb_namespace)).addresses
    last = await _walk(_Walk(client, move, source, take_over, say))
    if last is None:
        return 1
    changed = [
        f"{key}: {', '.join(had)}" for key, had in before.items() if last.addresses.get(key, had) != had
    ]
    for remark in last.remarks:
        say(f"warning: {remark}")
    for line in changed:
        say(f"error: the address changed meanwhile: {line}")
    if not changed:
        say(f"done: {len(before)} Services have the addresses that they had, and ours announce them")
        say("MetalLB is stopped, not removed: `migrate --give-back` starts it again, or uninstall it")
    return 1 if changed else 0


async def run_give_back(client: Client, move: Move, say: Callable[[str], object]) -> int:
    """All the way back to MetalLB. 0; 1 where it came to a stop."""
    if await _walk(_Walk(client, move, None, give_back, say)) is None:
        return 1
    say("done: MetalLB serves again. Ours announce nothing: helm uninstall, or take over again")
    return 0


@dataclass(frozen=True, slots=True)
class _Walk:
    client: Client
    move: Move
    source: Source | None  # not on the way back
    decide: Callable[[Observed], Next]
    say: Callable[[str], object]


async def _walk(walk: _Walk) -> Look | None:
    """One step after the other. None where one takes too long: what is waited for was said."""
    clock = asyncio.get_running_loop().time
    waiting, until = "", float("inf")
    while True:
        now = await look(walk.client, walk.move.settings, walk.move.metallb_namespace)
        match walk.decide(now.seen):
            case Done():
                return now
            case Act() as act:
                await _perform(walk, act, now)
                walk.say(f"done: {act.value}")
                waiting, until = "", float("inf")
            case Wait(what):
                if what != waiting:
                    walk.say(f"wait: {what}")
                    until = clock() + walk.move.timeout if not waiting else until
                    waiting = what
                if clock() > until:
                    walk.say(f"stopped after {walk.move.timeout:.0f} s; type the same again to go on")
                    return None
                await asyncio.sleep(PAUSE)


async def _perform(walk: _Walk, act: Act, now: Look) -> None:
    match act:
        case Act.HOLD:
            await _hold(walk, now)
        case Act.WRITE_POOLS:
            await _patch(walk, {"data": {"config": _pools(walk)}})
        case Act.RELEASE:
            await _patch(walk, {"metadata": {"annotations": {HOLD: None}}})
        case Act.STOP_CONTROLLER:
            await now.metallb.stop_controller()
        case Act.START_CONTROLLER:
            await now.metallb.start_controller()
        case Act.STOP_SPEAKERS | Act.START_SPEAKERS:
            await now.metallb.move_speakers(away=act is Act.STOP_SPEAKERS)


async def _hold(walk: _Walk, now: Look) -> None:
    """On the ConfigMap; where there is none it is made: no speaker sees the pools without the word."""
    if now.config_map is not None:
        await _patch(walk, {"metadata": {"annotations": {HOLD: REASON}}})
        return
    key = walk.move.settings.config_key
    with contextlib.suppress(Conflict):  # it is there
        await walk.client.create(NAMESPACES, {"metadata": {"name": key.namespace}})
    release = {
        "meta.helm.sh/release-name": walk.move.release,
        "meta.helm.sh/release-namespace": key.namespace,
    }
    metadata = {
        "name": key.name,
        "namespace": key.namespace,
        "labels": {"app.kubernetes.io/managed-by": "Helm"},
        "annotations": {HOLD: REASON, **release},
    }
    await walk.client.create(CONFIG_MAPS, {"metadata": metadata, "data": {"config": _pools(walk)}})


async def _patch(walk: _Walk, body: dict[str, Any]) -> None:
    key = walk.move.settings.config_key
    await walk.client.patch(Target(CONFIG_MAPS, key.namespace, key.name), body, MERGE)


def _pools(walk: _Walk) -> str:
    assert walk.source is not None, "pools are written on the way to us only"
    return config_text(walk.source)
