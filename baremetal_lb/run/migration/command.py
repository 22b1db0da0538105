"""What `baremetal-lb migrate` does with its options."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from baremetal_lb.decide.migration.output import config_map, config_text, values
from baremetal_lb.decide.preview import Effect
from baremetal_lb.kube import convert
from baremetal_lb.kube.client import Client
from baremetal_lb.kube.errors import KubeError
from baremetal_lb.kube.metallb import daemons
from baremetal_lb.model.errors import ConfigFault, ConfigRejected
from baremetal_lb.run.migration.observing import has_pools, look
from baremetal_lb.run.migration.reading import from_cluster, from_texts
from baremetal_lb.run.migration.take_over import run_give_back, run_take_over
from baremetal_lb.run.preview_config import preview_of, tell

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from baremetal_lb.decide.migration.source import Source
    from baremetal_lb.decide.preview import Preview
    from baremetal_lb.run.migration.take_over import Move

CHANGES: Final = frozenset({Effect.CHANGE, Effect.LOSE, Effect.SILENCE})
NEXT: Final = """next:
  baremetal-lb migrate -o values > values.yaml
  baremetal-lb migrate --take-over      # makes the ConfigMap, announcing held, then waits for ours
  helm install {release} charts/baremetal-lb -n {namespace} -f values.yaml    # meanwhile, elsewhere"""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What was typed: the files' texts (none: the cluster), and what is to be done."""

    texts: Sequence[str]
    output: str = "plan"  # plan, values, configmap, take-over, give-back


def migrate(
    wanted: Wanted, move: Move, say: Callable[[str], object], complain: Callable[[str], object]
) -> int:
    """The exit code: 0, or 1 where input or cluster say no. What programs read goes to `say`."""
    try:
        if wanted.texts and wanted.output in ("values", "configmap"):
            return _print(wanted, move, from_texts(wanted.texts), say, complain)
        return asyncio.run(_with_cluster(wanted, move, say, complain))
    except ConfigRejected as exc:
        for fault in exc.faults:
            complain(f"error: {fault}")
    except KubeError as exc:
        complain(f"error: {exc}")
    return 1


async def _with_cluster(
    wanted: Wanted, move: Move, say: Callable[[str], object], complain: Callable[[str], object]
) -> int:
    async with await Client.connect(move.settings.kubeconfig) as client:
        if wanted.output == "give-back":
            return await run_give_back(client, move, say)
        if wanted.texts:
            source = from_texts(wanted.texts)
        else:
            source = await from_cluster(client, move.metallb_namespace)
            await _check_class(client, move)
        if wanted.output in ("values", "configmap"):
            return _print(wanted, move, source, say, complain)
        source_text, is_ours = await _text(client, move, source)
        found, warnings = await preview_of(source_text, move.settings, client)
        for note in (*(() if is_ours else source.notes), *warnings):
            say(f"warning: {note}")
        tell(found, say)
        if not _is_harmless(found, move, is_ours=is_ours, say=say):
            return 1
        if wanted.output == "take-over":
            return await run_take_over(client, move, source, say)
        say(NEXT.format(release=move.release, namespace=move.settings.namespace))
        return 0


async def _text(client: Client, move: Move, source: Source) -> tuple[str, bool]:
    """The configuration that will be in force: ours, where there is one with pools, else the one found."""
    ours = (await look(client, move.settings, move.metallb_namespace)).config_map
    if ours is not None and has_pools(ours):
        return convert.config_text(ours) or "", True
    return config_text(source), False


async def _check_class(client: Client, move: Move) -> None:
    theirs = (await daemons(client, move.metallb_namespace)).load_balancer_class
    if theirs != move.settings.load_balancer_class:
        ours = _class(move.settings.load_balancer_class)
        text = (
            f"MetalLB serves {_class(theirs)}, and --load-balancer-class says {ours}; "
            f"expected the same: --load-balancer-class '{theirs}'"
        )
        raise ConfigRejected((ConfigFault("", text),))


def _class(name: str) -> str:
    return f"Services of class {name!r}" if name else "Services without a class"


def _is_harmless(found: Preview, move: Move, *, is_ours: bool, say: Callable[[str], object]) -> bool:
    """Whether every Service keeps what it has."""
    harmed = sum(each.effect in CHANGES for each in found.services)
    if not harmed:
        say("plan: every Service keeps its address")
        return True
    whose = f"ConfigMap {move.settings.config_key}" if is_ours else "the configuration found"
    what = "would not keep their address, or not be announced"
    say(f"refused: {harmed} Services {what}, by {whose}; change it first")
    return False


def _print(
    wanted: Wanted,
    move: Move,
    source: Source,
    say: Callable[[str], object],
    complain: Callable[[str], object],
) -> int:
    for note in source.notes:
        complain(f"warning: {note}")
    settings = move.settings
    text = (
        values(source, settings.load_balancer_class)
        if wanted.output == "values"
        else config_map(source, settings.config_key)
    )
    say(text.rstrip("\n"))
    return 0
