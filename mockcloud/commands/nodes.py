"""`mockcloud node ...`: nodes that join and leave, lose their power and get it back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import click

from mockcloud.commands.for_a_time import for_a_time
from mockcloud.commands.lab_options import name_option
from mockcloud.faults.decide.plan import Fault, Kind, affected
from mockcloud.options import NumberRange

if TYPE_CHECKING:
    from mockcloud.lab.state import LabFolder

_ANSWER_SECONDS: Final = 10.0
_JOIN_SECONDS: Final = 120.0


@click.group("node")
def node() -> None:
    """Add and remove nodes; take the power from one, and give it back.

    All that runs on one that is stopped ends at once, as on a machine whose plug is pulled. Its Node stays,
    is found to be NotReady, and gets ready again when it is started.

    \b
    mockcloud node add
    mockcloud node remove node-2
    mockcloud node stop node-1
    mockcloud node start node-1
    mockcloud node stop node-2 --for 30s
    """


@node.command()
@name_option
@click.option("--count", type=click.IntRange(min=1), default=1, show_default=True, help="how many")
def add(lab: LabFolder, count: int) -> None:
    """Let a node more join the lab, and wait until it is Ready.

    It gets the number after the highest that there ever was. Where the lab has zones, it is in the next one.

    \b
    mockcloud node add --count 2
    """
    from mockcloud.lab.asking import ask

    for _ in range(count):
        name = ask(lab, {"do": "add-node"}, _tell, _JOIN_SECONDS)
        click.echo(f"{name} is up")


@node.command()
@name_option
@click.argument("node")
@click.option(
    "--timeout",
    type=NumberRange(min=0),
    default=60.0,
    show_default=True,
    help="seconds that its pods have to end",
)
@click.option("--force", is_flag=True, help="do not wait for its pods: they are killed")
def remove(lab: LabFolder, node: str, timeout: float, force: bool) -> None:
    """Empty NODE as `kubectl drain` does, and take it out of the lab, with its Node.

    Its external addresses are announced by others before it goes. Pods without a controller are lost, and so
    is what was in its pods' emptyDirs.

    \b
    mockcloud node remove node-3
    mockcloud node remove node-2 --force
    """
    from mockcloud.faults import store
    from mockcloud.lab.asking import ask
    from mockcloud.lab.drain import drain, forget

    ask(lab, {"do": "may-remove-node", "node": node}, _tell, _ANSWER_SECONDS)
    if broken := [each for each in store.on(lab) if node in affected(each)]:
        msg = f"{node} has faults that are on: mend them first, by `mockcloud fault heal {broken[0].number}`"
        raise click.UsageError(msg)
    if not force:
        drain(str(lab.kubeconfig), node, timeout, _tell)
    ask(lab, {"do": "remove-node", "node": node}, _tell, _JOIN_SECONDS)
    forget(str(lab.kubeconfig), node)
    click.echo(f"{node} is gone")


def _tell(what: str) -> None:
    click.echo(what, err=True)


@node.command()
@for_a_time
@click.argument("node")
def stop(node: str) -> Fault:
    """NODE has no power: its agent and pods are gone, and nothing passes its cable."""
    return Fault(0, Kind.POWER, "", (node,))


@node.command()
@name_option
@click.argument("node")
def start(lab: LabFolder, node: str) -> None:
    """Give NODE its power back, and wait until its agent is ready."""
    from mockcloud.faults import power, store

    off = [each.number for each in store.on(lab) if each.kind is Kind.POWER and node in each.hosts]
    if not off:
        msg = f"{node} has its power: mockcloud node stop {node} takes it"
        raise click.UsageError(msg)
    store.heal(lab, off)
    power.wait_until_up(lab, node)
    click.echo(f"{node} is up")
