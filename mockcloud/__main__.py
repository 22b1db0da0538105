"""The command `mockcloud`: every subcommand's arguments and what it prints."""

from __future__ import annotations

import json
import sys
from functools import wraps
from typing import TYPE_CHECKING, Any, Final, ParamSpec

import click

from mockcloud.lab.errors import LabError, UsageError
from mockcloud.lab.state import LabFolder, folder, name_option
from mockcloud.lab.topology import lab_name

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from mockcloud.lab.daemons import Provider

P = ParamSpec("P")

_WRONG: Final = 1
_USAGE: Final = 2
_INTERRUPTED: Final = 130
_PROVIDERS: Final = ("baremetal", "none")


class _Group(click.Group):
    """Prints a person's mistake as one line, never as a stack trace."""

    def invoke(self, ctx: click.Context) -> object:
        try:
            return super().invoke(ctx)
        except LabError as exc:
            click.echo(f"mockcloud: {exc}", err=True)
            sys.exit(_USAGE if isinstance(exc, UsageError) else _WRONG)
        except KeyboardInterrupt:
            sys.exit(_INTERRUPTED)


@click.group(cls=_Group, context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """A Kubernetes cluster of network namespaces on this machine, with real packets."""


def _name_option(command: Callable[P, None]) -> Callable[P, None]:
    @click.option("--name", default="default", show_default=True, help="which lab")
    @wraps(command)
    def with_folder(*args: P.args, **kwargs: P.kwargs) -> None:
        name = lab_name(str(kwargs.pop("name")))
        command(*args, **{**kwargs, "lab": folder(name)})  # type: ignore[arg-type]

    return with_folder


def _check_upstream(_context: click.Context, _option: click.Parameter, text: str | None) -> str | None:
    from mockcloud.dns.settings import servers

    try:
        servers(text or "")
    except ValueError as error:
        raise click.BadParameter(str(error)) from error
    return text


@main.command()
@_name_option
@click.option("--nodes", default=3, show_default=True, metavar="K", help="how many nodes, 1 to 80")
@click.option(
    "--provider",
    type=click.Choice(_PROVIDERS),
    default="baremetal",
    show_default=True,
    help="who gives Services of type LoadBalancer their address",
)
@click.option("--ipv6", is_flag=True, help="pods and Services get IPv6 addresses too")
@click.option(
    "--catalogue",
    type=click.Path(exists=True, dir_okay=False, resolve_path=True),
    help="a YAML file of more images, each with the program that stands for it",
)
@click.option(
    "--dns-upstream",
    metavar="IP[:PORT][,...]",
    callback=_check_upstream,
    help="who knows the names outside of the cluster; nodes must reach it (default: nobody, there are none)",
)
def up(  # noqa: PLR0913 - click hands over each option by itself
    lab: LabFolder,
    nodes: int,
    provider: Provider,
    ipv6: bool,
    catalogue: str | None,
    dns_upstream: str | None,
) -> None:
    """Start a lab in the background and wait until it is ready."""
    from mockcloud.lab.daemons import Plan
    from mockcloud.lab.lifecycle import up as start
    from mockcloud.lab.topology import topology

    say = _Progress()
    for report in start(Plan(topology(nodes), provider, ipv6, catalogue, dns_upstream), lab):
        say.report(report)
    click.echo(str(lab.kubeconfig) if not sys.stdout.isatty() else _what_next(lab, name_option(lab.name)))


class _Progress:
    """Says on stderr what a starting lab reports."""

    def report(self, report: dict[str, Any]) -> None:
        if "note" in report:
            click.echo(f"mockcloud: {report['note']}", err=True)
        if "what" in report:
            click.echo(f"  {report['after']:5.1f} s  {report['what']}", err=True)


def _what_next(lab: LabFolder, option: str) -> str:
    return (
        f"The lab is up. Its kubeconfig: {lab.kubeconfig}\n"
        f"  export KUBECONFIG={lab.kubeconfig}\n"
        f"  kubectl get nodes -o wide\n"
        f"  mockcloud exec{option} client -- curl http://EXTERNAL-IP\n"
        f"  mockcloud down{option}"
    )


@main.command()
@_name_option
def down(lab: LabFolder) -> None:
    """Stop a lab; nothing of it stays."""
    from mockcloud.lab.lifecycle import down as stop

    if not stop(lab):
        click.echo(f"mockcloud: no lab called {lab.name!r} is up", err=True)


@main.command("exec", context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False})
@_name_option
@click.argument("host")
@click.argument("command", nargs=-1, type=click.UNPROCESSED)
@click.option("-i", "--stdin", is_flag=True, expose_value=False, help="for kubectl's users: it always is")
@click.option("-t", "--tty", is_flag=True, expose_value=False, help="for kubectl's users: as this command's")
def execute(lab: LabFolder, host: str, command: tuple[str, ...]) -> None:
    """Run COMMAND (default: a shell) on HOST (client, control-plane, node-1 ..., or a pod as NAMESPACE/POD);
    exit as it does."""
    from mockcloud.lab.enter import run_on_host

    sys.exit(run_on_host(lab, host, command[1:] if command[:1] == ("--",) else command))


@main.command("trace")
@_name_option
@click.option("-o", "--output", type=click.Choice(["text", "json"]), default="text", show_default=True)
@click.argument("source")
@click.argument("target")
def trace_connection(lab: LabFolder, output: str, source: str, target: str) -> None:
    """Make one connection from SOURCE (a host, or NAMESPACE/POD) to TARGET (a URL or HOST:PORT) and tell each
    hop of it; exit 1 where the chain is broken, and say where and why."""
    from mockcloud.trace.follow import trace
    from mockcloud.trace.render import as_json, as_text
    from mockcloud.trace.target import parse_target

    story = trace(lab, source, parse_target(target))
    click.echo(json.dumps(as_json(story), indent=1) if output == "json" else as_text(story))
    if story.broken is not None:
        sys.exit(_WRONG)


@main.command()
@_name_option
def kubeconfig(lab: LabFolder) -> None:
    """Print the path of the kubeconfig."""
    lab.read()
    click.echo(lab.kubeconfig)


@main.command()
@_name_option
@click.option("-o", "--output", type=click.Choice(["text", "json"]), default="text", show_default=True)
def status(lab: LabFolder, output: str) -> None:
    """Say what runs, with pids; exit 1 where something does not."""
    from dataclasses import asdict

    state = lab.read()
    if output == "json":
        click.echo(json.dumps(asdict(state), indent=1))
    else:
        click.echo(f"lab {state.name}: {state.phase}; keeper {state.keeper_pid}; API {state.api_url}\n")
        _table(("HOST", "IPV4", "IPV6"), [(host.name, host.ipv4, host.ipv6) for host in state.hosts])
        rows = [
            (each.name, each.host or "-", each.state, str(each.pid or "-"), str(each.restarts), each.note)
            for each in state.daemons
        ]
        _table(("DAEMON", "HOST", "STATE", "PID", "RESTARTS", "NOTE"), rows)
    if any(each.state not in {"ready", "done"} for each in state.daemons):
        sys.exit(_WRONG)


def _table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> None:
    widths = [max(len(row[column]) for row in [head, *rows]) for column in range(len(head))]
    for row in [head, *rows]:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        click.echo("   ".join(cells).rstrip())
    click.echo()


@main.command()
@_name_option
@click.argument("who", required=False)
@click.option("-f", "--follow", is_flag=True, help="go on as lines are added")
def logs(lab: LabFolder, who: str | None, follow: bool) -> None:
    """Print the log of WHO (a daemon's name), or of all with its name before each line."""
    from mockcloud.lab.logs import print_logs

    print_logs(lab, who, follow=follow)


if __name__ == "__main__":
    main(prog_name="mockcloud")
