"""The command `mockcloud`: every subcommand's arguments and what it prints."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from mockcloud.cloud.commands import cloud
from mockcloud.cloud.inspection import LabClouds
from mockcloud.entry import run
from mockcloud.lab.address_plan import CLOUD
from mockcloud.lab.cloud_files import environment
from mockcloud.lab.components import registry
from mockcloud.lab.errors import LabError, UsageError
from mockcloud.lab.image_commands import image
from mockcloud.lab.invocation import export, kubectl, mockcloud
from mockcloud.lab.lab_options import name_option, up_options
from mockcloud.lab.state import LabFolder, folder, folders
from mockcloud.lab.topology import lab_name
from mockcloud.tables import table

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import timedelta

    from mockcloud.lab.plan import Plan


_WRONG: Final = 1
_USAGE: Final = 2
_INTERRUPTED: Final = 130
# For `export KUBECONFIG=$(mockcloud kubeconfig)`, which goes on when that fails: an empty path would send
# kubectl to ~/.kube/config, and so to another cluster. Below a device is no file, and kubectl says so.
_NO_KUBECONFIG: Final = "/dev/null/no-such-lab-is-up"


class _Group(click.Group):
    """Prints a person's mistake as one line, never as a stack trace."""

    def invoke(self, ctx: click.Context) -> object:
        try:
            return super().invoke(ctx)
        except LabError as exc:
            self._name_no_kubeconfig(ctx)
            click.echo(f"mockcloud: {exc}", err=True)
            sys.exit(_USAGE if isinstance(exc, UsageError) else _WRONG)
        except click.ClickException:
            self._name_no_kubeconfig(ctx)
            raise
        except KeyboardInterrupt as exc:
            self._name_no_kubeconfig(ctx)
            if str(exc):  # by which signal
                click.echo(f"mockcloud: {exc}", err=True)
            sys.exit(getattr(exc, "exit_code", _INTERRUPTED))

    def _name_no_kubeconfig(self, ctx: click.Context) -> None:
        """For `$(...)`: those who failed to name one must not leave it empty."""
        if ctx.invoked_subcommand in {"up", "kubeconfig"} and not sys.stdout.isatty():
            click.echo(_NO_KUBECONFIG)


@click.group(cls=_Group, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="baremetal-lb")
@click.pass_context
def main(context: click.Context) -> None:
    """Run Kubernetes clusters made of network namespaces on this machine, with real packets."""
    context.obj = LabClouds(lambda lab, host: environment(folder(lab_name(lab)), host))


def _check_since(_context: click.Context, _option: click.Parameter, text: str | None) -> timedelta | None:
    from mockcloud.lab.log_lines import duration

    try:
        return None if text is None else duration(text)
    except ValueError as error:
        raise click.BadParameter(str(error)) from error


@main.command()
@name_option
@up_options
def up(lab: LabFolder, plan: Plan, timeout: float) -> None:
    """Start a lab in the background and wait until it is ready."""
    from mockcloud.lab.interruptions import deferred, finish, interruptions
    from mockcloud.lab.lifecycle import up as start

    with interruptions(), deferred():
        start(plan, lab, _report, timeout)
        finish()
    click.echo(str(lab.kubeconfig) if not sys.stdout.isatty() else _what_next(lab, plan.provider))


@main.command("run", context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False})
@click.option("--name", default=lambda: f"run-{os.getpid()}", show_default="run-PID", help="name of the lab")
@up_options
@click.argument("command", nargs=-1, required=True, type=click.UNPROCESSED)
def run_with_lab(name: str, plan: Plan, timeout: float, command: tuple[str, ...]) -> None:
    """Start a lab, run COMMAND (after --) on this machine, take the lab down; exit as COMMAND does.

    COMMAND finds the lab by KUBECONFIG and MOCKCLOUD_NAME.

    \b
    mockcloud run --nodes 1 -- pytest tests/e2e
    mockcloud run -- sh -c 'kubectl apply -f app.yaml && mockcloud exec client -- ./check'
    """
    from mockcloud.lab.around import run as run_command
    from mockcloud.lab.interruptions import interruptions

    words = command[1:] if command[:1] == ("--",) else command
    with interruptions():
        sys.exit(run_command(plan, folder(lab_name(name)), words, _report, timeout))


def _report(report: dict[str, Any]) -> None:
    """Say on stderr what a starting lab reports."""
    if "note" in report:
        click.echo(f"mockcloud: {report['note']}", err=True)
    if "what" in report:
        click.echo(f"  {report['after']:5.1f} s  {report['what']}", err=True)


def _what_next(lab: LabFolder, provider: str) -> str:
    lines = [export(lab.kubeconfig), kubectl("get", "nodes", "-o", "wide")]
    if address := registry.first_service(provider):
        lines += (kubectl(*words.split()) for words in (*_A_FIRST_SERVICE, _ANNOUNCED))
        lines.append(mockcloud("exec", lab.name, "client", "--", "curl", f"http://{address}"))
    elif provider == CLOUD:
        lines += (kubectl(*words.split()) for words in (*_A_FIRST_SERVICE, _NAMED, _ITS_NAME))
        lines.append(mockcloud("exec", lab.name, "client", "--", "curl", "http://NAME"))
    lines += [mockcloud("exec", lab.name, "client"), mockcloud("down", lab.name)]
    return "\n  ".join(["The lab is up. To type next:", *lines])


_A_FIRST_SERVICE: Final = (
    "create deployment web --image=nginx --port=80",
    "expose deployment web --type=LoadBalancer",
)
_ANNOUNCED: Final = "wait --for=condition=baremetal-lb.io/Announced service/web"
_NAMED: Final = "wait --for=jsonpath={.status.loadBalancer.ingress} service/web"
_ITS_NAME: Final = "get service web"


@main.command()
@name_option
@click.argument("names", nargs=-1, metavar="[NAME]...")
@click.option("--all", "everything", is_flag=True, help="all labs of this user")
def down(lab: LabFolder, names: tuple[str, ...], everything: bool) -> None:
    """Stop a lab, or those of the NAMEs, and remove everything they made."""
    from mockcloud.lab.lifecycle import down as stop
    from mockcloud.lab.merged_kubeconfig import take_out

    wanted = folders() if everything else [folder(lab_name(name)) for name in names] or [lab]
    for each in wanted:
        take_out(each)
        if not stop(each) and not everything:
            click.echo(f"mockcloud: no lab called {each.name!r} is up", err=True)


@main.command("list")
@click.option("-o", "--output", type=click.Choice(["text", "json"]), default="text", show_default=True)
def list_labs(output: str) -> None:
    """Show all labs of this user; those that ended badly until `down` removes what is left of them."""
    from mockcloud.lab.overview import overview

    labs = overview()
    if output == "json":
        click.echo(json.dumps([each._asdict() for each in labs], indent=1))
        return
    rows = [(each.name, each.phase, str(each.nodes or "-"), each.api or "-") for each in labs]
    _table(("NAME", "PHASE", "NODES", "API"), rows)


@main.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def completion(shell: str) -> None:
    """Print what completes `mockcloud` in that SHELL: bash: source <(mockcloud completion bash)."""
    from click.shell_completion import get_completion_class

    kind = get_completion_class(shell)
    assert kind is not None
    click.echo(kind(main, {}, "mockcloud", "_MOCKCLOUD_COMPLETE").source())


@main.command("exec", context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False})
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


@main.command("trace")
@name_option
@click.option("-o", "--output", type=click.Choice(["text", "json"]), default="text", show_default=True)
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
        sys.exit(_WRONG)


@main.command()
@name_option
@click.option(
    "--merge", is_flag=True, help="put it into ~/.kube/config as context mockcloud-NAME, until `down`"
)
@click.option(
    "--into", type=click.Path(dir_okay=False, path_type=Path), help="the file for --merge, if another"
)
def kubeconfig(lab: LabFolder, merge: bool, into: Path | None) -> None:
    """Print the path of the lab's kubeconfig."""
    from mockcloud.lab.merged_kubeconfig import merge as put_into

    lab.read()
    if not merge and into is None:
        click.echo(lab.kubeconfig)
        return
    target = into or Path.home() / ".kube" / "config"
    put_into(lab, target)
    click.echo(target)


@main.command()
@name_option
@click.option("-o", "--output", type=click.Choice(["text", "json"]), default="text", show_default=True)
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
        click.echo(f"lab {state.name}: {state.phase}; keeper {state.keeper_pid}; API {state.api_url}\n")
        _table(("HOST", "IPV4", "IPV6"), [(host.name, host.ipv4, host.ipv6) for host in state.hosts])
        rows = [
            (each.name, each.host or "-", each.state, str(each.pid or "-"), str(each.restarts), each.note)
            for each in state.daemons
        ]
        _table(("DAEMON", "HOST", "STATE", "PID", "RESTARTS", "NOTE"), rows)
        shown = [
            (pod.namespace, pod.name, pod.host, pod.state, str(pod.pid or "-"), pod.note) for pod in pods
        ]
        if shown:
            _table(("NAMESPACE", "POD", "HOST", "STATE", "PID", "NOTE"), shown)
    fine = all(each.state in {"ready", "done"} for each in state.daemons)
    if state.phase != "running" or not fine or any(pod.state != RUNNING for pod in pods):
        sys.exit(_WRONG)


def _table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> None:
    for line in (*table(head, rows), ""):
        click.echo(line)


@main.command()
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


main.add_command(cloud)
main.add_command(image)

if __name__ == "__main__":
    run(lambda: main)
