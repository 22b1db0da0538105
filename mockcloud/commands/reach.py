"""A lab's Services from this machine: `tunnel`, `url`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

import click

from mockcloud.commands.lab_options import name_option
from mockcloud.commands.printing import print_table
from mockcloud.options import output_option

if TYPE_CHECKING:
    from mockcloud.lab.state import LabFolder
    from mockcloud.tunnel.follow import Door

_HEAD: Final = ("SERVICE", "PORT", "IN THE LAB", "HERE")


@click.command()
@name_option
@click.option(
    "--routes", is_flag=True, help="also an interface on the lab's network, at the very addresses; root"
)
def tunnel(lab: LabFolder, routes: bool) -> None:
    """Reach Services of a lab from this machine: external addresses and node ports, at loopback addresses.

    It runs until Ctrl-C, or until the lab ends, and follows Services as they come and go. Ports below 1024
    are 8000 higher for ordinary users: 80 is 8080. With --routes root's machine is on the lab's network, too:
    http://192.168.10.200 and http://192.168.10.11:30080 are what they are inside.

    \b
    mockcloud tunnel &
    curl $(mockcloud url web)
    sudo mockcloud tunnel --routes
    """
    import logging
    from contextlib import ExitStack

    from mockcloud.lab.interruptions import interruptions, run
    from mockcloud.tunnel.follow import HOST, Tunnel

    def tell(opened: bool, door: Door) -> None:
        sign = "+" if opened else "-"
        click.echo(f"{sign} {'  '.join(_row(door))}")

    # A lab that goes down breaks its watches first: that it has ended is said below.
    logging.getLogger("mockcloud.client").setLevel(logging.ERROR)
    from mockcloud.tunnel.routes import plugged_in

    work = Tunnel(lab, tell)
    click.echo(f"Services of lab {lab.name} (Ctrl-C ends this):")
    with interruptions(), ExitStack() as stack:
        if routes:
            link = stack.enter_context(plugged_in(lab.read(), HOST))
            click.echo(
                f"this machine is {link.ipv4} and {link.ipv6} on the lab's network, by {link.interface}"
            )
        run(work.run(lambda: click.echo("all that is there is open; more as it comes")))
    click.echo(f"lab {lab.name} has ended", err=True)


@click.command()
@name_option
@click.option("-n", "--namespace", default="default", show_default=True)
@click.option("--port", "port_name", metavar="NAME|NUMBER", help="only this port of the Service")
@click.option("--node-port", is_flag=True, help="at its node ports, and not at its external address")
@output_option
@click.argument("service", required=False)
def url(  # noqa: PLR0913 - click hands over each option by itself
    lab: LabFolder, namespace: str, port_name: str | None, node_port: bool, output: str, service: str | None
) -> None:
    """Print where a Service is reached through `mockcloud tunnel`; without a name a table of all.

    \b
    mockcloud url web
    mockcloud url web --node-port
    """
    from mockcloud.lab.errors import LabError
    from mockcloud.tunnel.decide.doors import EXTERNAL, NODE_PORT
    from mockcloud.tunnel.follow import open_doors

    found = list(open_doors(lab))
    if service is not None:
        of_it = [
            each for each in found if (each.target.namespace, each.target.service) == (namespace, service)
        ]
        kind = NODE_PORT if node_port or not any(each.target.kind == EXTERNAL for each in of_it) else EXTERNAL
        found = [each for each in of_it if each.target.kind == kind]
        if port_name is not None:
            found = [each for each in found if port_name in (each.target.name, str(each.target.port))]
        if not found:
            what = f"Service {namespace}/{service}" + (f", port {port_name}," if port_name else "")
            msg = f"the tunnel of lab {lab.name!r} leads to no address of {what} yet"
            raise LabError(msg)
    if output == "json":
        click.echo(json.dumps([_told(each) for each in found], indent=1))
    elif service is None:
        print_table(_HEAD, [_row(each) for each in found])
    else:
        for text in dict.fromkeys(each.url for each in found):
            click.echo(text)


def _row(door: Door) -> tuple[str, ...]:
    target = door.target
    address = f"[{target.address}]" if ":" in target.address else target.address
    where = f"{address}:{target.port}/{target.protocol} ({target.kind})"
    return (f"{target.namespace}/{target.service}", target.name or "-", where, door.url)


def _told(door: Door) -> dict[str, object]:
    from dataclasses import asdict

    return {**asdict(door.target), "local_address": door.address, "local_port": door.port, "url": door.url}
