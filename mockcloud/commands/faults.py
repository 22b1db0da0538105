"""`mockcloud fault ...`: what a person breaks in a lab, and mends."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

import click

from mockcloud.client.clock import seconds_text, utc_now
from mockcloud.commands.for_a_time import for_a_time
from mockcloud.commands.lab_options import check_duration, name_option
from mockcloud.commands.printing import print_table
from mockcloud.faults.decide.plan import LEAST_PERCENT, Fault, Kind, ending
from mockcloud.options import NumberRange, output_option

if TYPE_CHECKING:
    from mockcloud.lab.state import LabFolder


_SHARE: Final = NumberRange(LEAST_PERCENT, 100)


def _percent(context: click.Context, parameter: click.Parameter, text: str) -> float:
    """`20` or `20%`: more than none, at most all."""
    return float(_SHARE(text.removesuffix("%"), parameter, context))


def _each(names: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(names.split(",")))


@click.group("fault")
def fault() -> None:
    """Break something of a lab, and mend it again.

    A fault stays on until `mockcloud fault heal` or the lab's end; with --for the command waits and mends it.

    \b
    mockcloud fault link node-1 --for 10s
    mockcloud fault loss node-2 20%
    mockcloud fault delay node-1 50ms
    mockcloud fault partition node-1 node-2,node-3
    mockcloud fault pause kube --for 5s
    mockcloud fault heal --all
    """


@fault.command()
@for_a_time
@click.argument("host")
def link(host: str) -> Fault:
    """The cable of HOST to the LAN is dead: no frame passes, either way."""
    return Fault(0, Kind.LINK, "", (host,))


@fault.command()
@for_a_time
@click.argument("host")
@click.argument("percent", callback=_percent)
def loss(host: str, percent: float) -> Fault:
    """PERCENT of all frames to and from HOST are lost, each by chance."""
    return Fault(0, Kind.LOSS, "", (host,), percent=percent)


@fault.command()
@for_a_time
@click.argument("host")
@click.argument("late", metavar="DURATION", callback=check_duration)
def delay(host: str, late: float) -> Fault:
    """Each frame to HOST and each from it is late by DURATION (50ms, 1s): a round trip by twice that."""
    return Fault(0, Kind.DELAY, "", (host,), seconds=late)


@fault.command()
@for_a_time
@click.argument("hosts", metavar="HOST[,HOST...]")
@click.argument("others", metavar="HOST[,HOST...]")
def partition(hosts: str, others: str) -> Fault:
    """The hosts of one side and those of the other do not hear each other."""
    return Fault(0, Kind.PARTITION, "", _each(hosts), _each(others))


@fault.command()
@for_a_time
@click.argument("daemon")
def pause(daemon: str) -> Fault:
    """DAEMON (kube, controllers, node-1, ...: see `mockcloud status`) lives, and answers nobody."""
    return Fault(0, Kind.PAUSE, "", daemon=daemon)


@fault.command()
@name_option
@click.argument("daemon")
def kill(lab: LabFolder, daemon: str) -> None:
    """Kill DAEMON (-9); the lab starts it anew."""
    from mockcloud.faults import store

    click.echo(f"{daemon} (process {store.kill(lab, daemon)}) is killed")


@fault.command("list")
@name_option
@output_option
def list_faults(lab: LabFolder, output: str) -> None:
    """Show which faults are on, since when, and until when."""
    from mockcloud.faults import store

    found = store.on(lab)
    if output == "json":
        told = [
            {
                "id": each.number,
                "kind": each.kind,
                "since": each.since,
                "until": each.until or None,
                "kept": store.is_kept(each),
                "what": each.text,
            }
            for each in found
        ]
        click.echo(json.dumps(told, indent=1))
        return
    now = seconds_text(utc_now())
    rows = [
        (str(each.number), each.since, ending(each, now, kept=store.is_kept(each)), each.text)
        for each in found
    ]
    print_table(("ID", "SINCE", "UNTIL", "WHAT"), rows)


@fault.command()
@name_option
@click.argument("numbers", nargs=-1, type=int, metavar="[ID]...")
@click.option("--all", "everything", is_flag=True, help="all faults of the lab")
def heal(lab: LabFolder, numbers: tuple[int, ...], everything: bool) -> None:
    """Mend the faults of these IDs (`mockcloud fault list`), or all."""
    from mockcloud.faults import store

    if bool(numbers) is everything:
        msg = "name the faults to mend by their IDs, or say --all"
        raise click.UsageError(msg)
    for each in store.heal(lab, None if everything else numbers):
        click.echo(f"fault {each.number} is mended: {each.text}, since {each.since}")
