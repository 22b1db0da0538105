"""Looks into a lab: `status`, `logs`, `exec`, `trace`, `dashboard`."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mockcloud.commands.group import WRONG
from mockcloud.commands.lab_options import name_option
from mockcloud.commands.printing import print_table
from mockcloud.options import output_option

if TYPE_CHECKING:
    from datetime import timedelta

    from mockcloud.lab.state import LabFolder


@click.command("exec", context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False})
@name_option
@click.argument("host")
@click.argument("command", nargs=-1, type=click.UNPROCESSED)
@click.option(
    "-i",
    "--stdin",
    is_flag=True,
    expose_value=False,
    help="as for kubectl; standard input is always connected",
)
@click.option(
    "-t", "--tty", is_flag=True, expose_value=False, help="as for kubectl; a terminal is always passed on"
)
def execute(lab: LabFolder, host: str, command: tuple[str, ...]) -> None:
    """Run COMMAND (default: a shell) on HOST, and exit with its exit code.

    HOST is client, control-plane, node-1 ..., or a pod as NAMESPACE/POD."""
    from mockcloud.lab.enter import run_on_host

    sys.exit(run_on_host(lab, host, command[1:] if command[:1] == ("--",) else command))


@click.command("trace")
@name_option
@output_option
@click.argument("source")
@click.argument("target")
def trace_connection(lab: LabFolder, output: str, source: str, target: str) -> None:
    """Open one connection from SOURCE to TARGET and show every hop it takes.

    SOURCE is a host, or a pod as NAMESPACE/POD; TARGET is a URL or HOST:PORT. If the connection fails, say at
    which hop and why, and exit with code 1."""
    from mockcloud.trace.follow import trace
    from mockcloud.trace.render import as_json, as_text
    from mockcloud.trace.target import parse_target

    story = trace(lab, source, parse_target(target))
    click.echo(json.dumps(as_json(story), indent=1) if output == "json" else as_text(story))
    if story.broken is not None:
        sys.exit(WRONG)


@click.command()
@name_option
@output_option
def status(lab: LabFolder, output: str) -> None:
    """Show the lab's hosts, daemons and own pods, with pids; exit with code 1 if any of them does not run."""
    from dataclasses import asdict

    from mockcloud.lab.pauses import seen, seen_pod
    from mockcloud.lab.system_pods import RUNNING, system_pods

    state = seen(lab.read())
    pods = tuple(map(seen_pod, system_pods(lab, [host.name for host in state.hosts])))
    if output == "json":
        click.echo(json.dumps({**asdict(state), "pods": list(map(asdict, pods))}, indent=1))
    else:
        ends = f"; {state.ends}" if state.ends else ""
        click.echo(f"lab {state.name}: {state.phase}; keeper {state.keeper_pid}; API {state.api_url}{ends}\n")
        print_table(("HOST", "IPV4", "IPV6"), [(host.name, host.ipv4, host.ipv6) for host in state.hosts])
        rows = [
            (each.name, each.host or "-", each.state, str(each.pid or "-"), str(each.restarts), each.note)
            for each in state.daemons
        ]
        print_table(("DAEMON", "HOST", "STATE", "PID", "RESTARTS", "NOTE"), rows)
        shown = [
            (pod.namespace, pod.name, pod.host, pod.state, str(pod.pid or "-"), pod.note) for pod in pods
        ]
        if shown:
            print_table(("NAMESPACE", "POD", "HOST", "STATE", "PID", "NOTE"), shown)
    fine = all(each.state in {"ready", "done"} for each in state.daemons)
    if state.phase != "running" or not fine or any(pod.state != RUNNING for pod in pods):
        sys.exit(WRONG)


def _check_since(_context: click.Context, _option: click.Parameter, text: str | None) -> timedelta | None:
    from mockcloud.lab.log_lines import duration

    try:
        return None if text is None else duration(text)
    except ValueError as error:
        raise click.BadParameter(str(error)) from error


@click.command()
@name_option
@click.argument("who", required=False)
@click.option("-f", "--follow", is_flag=True, help="keep printing lines as they are written")
@click.option("--tail", type=click.IntRange(min=0), metavar="N", help="only the last N lines")
@click.option(
    "--since", callback=_check_since, metavar="DURATION", help="only lines younger than 90s, 5m, 1h30m"
)
def logs(lab: LabFolder, who: str | None, follow: bool, tail: int | None, since: timedelta | None) -> None:
    """Print the logs of all daemons and of the lab's own pods, or of WHO of these, in order of time (UTC)."""
    from mockcloud.lab.logs import LogRequest, print_logs

    print_logs(lab, LogRequest(who, since, tail, follow))


@click.command()
@name_option
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=0,
    metavar="N",
    help="at which it listens; 0 (default): any",
)
def dashboard(lab: LabFolder, port: int) -> None:
    """Serve a page that shows the lab live, and breaks and mends it on request: open the URL that is printed.

    Hosts, Services and who announces them, pools, pods, events; faults as of `mockcloud fault`. It runs until
    Ctrl-C, or until the lab ends. Only this machine reaches it, by this URL, which is secret.

    \b
    mockcloud dashboard
    mockcloud dashboard --name try --port 8765
    """
    import logging
    import secrets

    from mockcloud.dashboard.follow import Picture
    from mockcloud.dashboard.probing import NONE, Prober
    from mockcloud.dashboard.serving import Page, serve
    from mockcloud.lab.interruptions import interruptions, run

    # The page says so itself when the API does not answer.
    logging.getLogger("mockcloud.client").setLevel(logging.ERROR)
    picture = Picture(lab)
    picture.put("probe", NONE)
    prober = Prober(lab, lambda told: picture.put("probe", told))
    page = Page(lab, picture, prober, secrets.token_urlsafe(24))
    with interruptions():
        run(serve(page, port, lambda url: click.echo(f"lab {lab.name} (Ctrl-C ends this): {url}")))
    click.echo(f"lab {lab.name} has ended", err=True)


@click.group("export")
def export() -> None:
    """Write what a lab tells of itself into files."""


@export.command("logs")
@name_option
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
def export_logs(lab: LabFolder, folder: Path) -> None:
    """Write logs of all daemons and pods, all objects but Secrets, and hosts' rules into FOLDER.

    Of a lab whose start failed, or that has ended badly, its logs.

    \b
    mockcloud export logs ./lab-logs
    """
    from mockcloud.export.everything import export as write

    for each in write(lab, folder):
        click.echo(f"mockcloud: not exported: {each}", err=True)
    click.echo(folder)
