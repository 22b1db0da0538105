"""A lab's life: `up`, `run`, `down`, `list`, and where its kubeconfig is."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from mockcloud.cluster_defaults import ANNOUNCED
from mockcloud.commands.lab_options import name_option, up_options
from mockcloud.commands.printing import print_table
from mockcloud.lab.address_plan import CLOUD
from mockcloud.lab.components import registry
from mockcloud.lab.invocation import export, kubectl, mockcloud
from mockcloud.lab.state import LabFolder, folder, folders
from mockcloud.lab.topology import lab_name
from mockcloud.options import output_option

if TYPE_CHECKING:
    from mockcloud.lab.plan import Plan


@click.command()
@name_option
@up_options
@click.option("-q", "--quiet", is_flag=True, help="say nothing of what is waited for")
@click.option("--tunnel", is_flag=True, help="with `mockcloud tunnel` in the background, until the lab ends")
@output_option
def up(  # noqa: PLR0913 - click hands over each option by itself
    lab: LabFolder, plan: Plan, timeout: float, quiet: bool, tunnel: bool, output: str
) -> None:
    """Start a lab in the background and wait until it is ready.

    On a terminal it says what to type next; else it prints the path of the kubeconfig, and with
    -o json name, kubeconfig, API and hosts.

    \b
    mockcloud up --nodes 5 --zones a,b,c
    KUBECONFIG=$(mockcloud up --quiet --name ci --pid $$) kubectl get nodes
    mockcloud up -o json | jq -r .kubeconfig
    mockcloud up --config lab.yaml
    mockcloud up --tunnel    # then: curl $(mockcloud url web)
    """
    from mockcloud.lab.interruptions import deferred, finish, interruptions
    from mockcloud.lab.lifecycle import up as start

    with interruptions(), deferred():
        start(plan, lab, _report_notes if quiet else report_progress, timeout)
        finish()
    if tunnel:
        from mockcloud.tunnel.background import start as start_tunnel

        start_tunnel(lab)
    if output == "json":
        click.echo(json.dumps(_for_programs(lab), indent=1))
    else:
        click.echo(str(lab.kubeconfig) if not sys.stdout.isatty() else _what_next(lab, plan))


def _for_programs(lab: LabFolder) -> dict[str, Any]:
    state = lab.read()
    hosts = [{"name": each.name, "ipv4": each.ipv4, "ipv6": each.ipv6} for each in state.hosts]
    told = {"name": lab.name, "kubeconfig": str(lab.kubeconfig), "api": state.api_url, "hosts": hosts}
    return {**told, "ends": state.ends}


@click.command("run", context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False})
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
        sys.exit(run_command(plan, folder(lab_name(name)), words, report_progress, timeout))


def report_progress(report: dict[str, Any]) -> None:
    """Say on stderr what a starting lab reports."""
    _report_notes(report)
    if "what" in report:
        click.echo(f"  {report['after']:5.1f} s  {report['what']}", err=True)


def _report_notes(report: dict[str, Any]) -> None:
    """What is not as it should be is said in any case."""
    if "note" in report:
        click.echo(f"mockcloud: {report['note']}", err=True)


def _what_next(lab: LabFolder, plan: Plan) -> str:
    lines = [export(lab.kubeconfig), kubectl("get", "nodes", "-o", "wide")]
    if plan.pools:
        lines += (kubectl(*words.split()) for words in (*_A_FIRST_SERVICE, _ANNOUNCED, _ITS_NAME))
    elif address := registry.first_service(plan.provider):
        lines += (kubectl(*words.split()) for words in (*_A_FIRST_SERVICE, _ANNOUNCED))
        lines.append(mockcloud("exec", lab.name, "client", "--", "curl", f"http://{address}"))
    elif plan.provider == CLOUD:
        lines += (kubectl(*words.split()) for words in (*_A_FIRST_SERVICE, _NAMED, _ITS_NAME))
        lines.append(mockcloud("exec", lab.name, "client", "--", "curl", "http://NAME"))
    lines += [mockcloud("exec", lab.name, "client"), mockcloud("down", lab.name)]
    return "\n  ".join(["The lab is up. To type next:", *lines])


_A_FIRST_SERVICE: Final = (
    "create deployment web --image=nginx --port=80",
    "expose deployment web --type=LoadBalancer",
)
_ANNOUNCED: Final = f"wait --for=condition={ANNOUNCED} service/web"
_NAMED: Final = "wait --for=jsonpath={.status.loadBalancer.ingress} service/web"
_ITS_NAME: Final = "get service web"


@click.command()
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


@click.command("config-schema")
def config_schema() -> None:
    """Print what a file for `up --config` may have, as JSON Schema: for editors, and to read.

    \b
    mockcloud config-schema > lab.schema.json
    """
    from mockcloud.lab.config_file import schema

    click.echo(json.dumps(schema(), indent=1))


@click.command("list")
@output_option
def list_labs(output: str) -> None:
    """Show all labs of this user; those that ended badly until `down` removes what is left of them."""
    from mockcloud.lab.overview import overview

    labs = overview()
    if output == "json":
        click.echo(json.dumps([each._asdict() for each in labs], indent=1))
        return
    rows = [(each.name, each.phase, str(each.nodes or "-"), each.api or "-") for each in labs]
    print_table(("NAME", "PHASE", "NODES", "API"), rows)


@click.command()
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
