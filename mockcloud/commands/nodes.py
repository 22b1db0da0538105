"""`mockcloud node ...`: nodes that lose their power, and get it back."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from mockcloud.commands.for_a_time import for_a_time
from mockcloud.commands.lab_options import name_option
from mockcloud.faults.decide.plan import Fault, Kind

if TYPE_CHECKING:
    from mockcloud.lab.state import LabFolder


@click.group("node")
def node() -> None:
    """Take the power from a node, and give it back.

    All that runs on it ends at once, as on a machine whose plug is pulled. Its Node stays, is found to be
    NotReady, and gets ready again when the node is started.

    \b
    mockcloud node stop node-1
    mockcloud node start node-1
    mockcloud node stop node-2 --for 30s
    """


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
