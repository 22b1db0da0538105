"""The command line. Heavy imports wait until a command needs them, so that `--help` is quick."""

from __future__ import annotations

import functools
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from baremetal_lb.entry import run
from baremetal_lb.imports import for_good
from baremetal_lb.parameters import ClassName, Name, Seconds, ServiceName
from baremetal_lb.settings import LEASE, Settings

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

DEFAULTS = Settings()
READABLE = click.Path(exists=True, dir_okay=False, readable=True, path_type=Path)
PORT = click.IntRange(0, 65535)


CLUSTER_OPTIONS = (
    click.option(
        "--kubeconfig",
        type=READABLE,
        help="How to reach the cluster; else $KUBECONFIG, else ~/.kube/config, else as a pod.",
    ),
    click.option(
        "--namespace",
        type=Name(),
        default=DEFAULTS.namespace,
        show_default=True,
        help="Where the ConfigMap is.",
    ),
    click.option(
        "--config-map",
        type=Name(),
        default=DEFAULTS.config_map,
        show_default=True,
        help="The ConfigMap with the pools.",
    ),
    click.option(
        "--load-balancer-class",
        type=ClassName(),
        default=DEFAULTS.load_balancer_class,
        help="Serve this class only; empty: Services without one.",
    ),
)
STATUS_NAMESPACE = click.option(
    "--status-namespace",
    type=Name(),
    callback=lambda _context, _parameter, name: name or "",
    help="Where speakers write what they announce, for the controller to read; nothing else lives there.  "
    "[default: --namespace, with -speakers in the place of -system, or else -speaker-reports behind it]",
)
OUTPUT = click.option(
    "--output",
    "-o",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="Output format.",
)
DAEMON_OPTIONS = (
    *CLUSTER_OPTIONS,
    STATUS_NAMESPACE,
    click.option(
        "--metrics-port",
        type=PORT,
        default=DEFAULTS.metrics_port,
        show_default=True,
        help="Port of /metrics, /healthz and /readyz; 0: none.",
    ),
    click.option(
        "--log-level",
        type=click.Choice(["debug", "info", "warning", "error"]),
        default=DEFAULTS.log_level,
        show_default=True,
    ),
    click.option(
        "--log-format",
        type=click.Choice(["auto", "json", "console"]),
        default=DEFAULTS.log_format,
        show_default=True,
        help="auto: readable on a terminal, else JSON.",
    ),
)


def _ranges(_context: click.Context, _parameter: click.Parameter, values: Sequence[str]) -> tuple[Any, ...]:
    """`A,B` and repeated options alike, as ranges."""
    from baremetal_lb.decide.pools.entries import EntryError, parse_entry

    try:
        return tuple(parse_entry(text) for value in values for text in value.split(","))
    except EntryError as exc:
        raise click.BadParameter(str(exc)) from exc


def _addresses(
    _context: click.Context, _parameter: click.Parameter, values: Sequence[str]
) -> tuple[Any, ...]:
    from baremetal_lb.decide.pools.entries import parse_address

    for value in values:
        if parse_address(value) is None:
            msg = f"{value!r} is not an IP address"
            raise click.BadParameter(msg)
    return tuple(map(parse_address, values))


def _patterns(
    _context: click.Context, _parameter: click.Parameter, values: Sequence[str]
) -> tuple[re.Pattern[str], ...]:
    """Those given, or those that stand for none given; an empty one stands for none at all."""
    try:
        return tuple(re.compile(each) for each in values if each) if values else DEFAULTS.interface_exclude
    except re.error as exc:
        msg = f"{exc.pattern!r} is not a regular expression: {exc}"
        raise click.BadParameter(msg) from exc


ADDRESS_OPTIONS = (
    click.option(
        "--service-cidr",
        "service_ranges",
        multiple=True,
        callback=_ranges,
        metavar="CIDR[,CIDR]",
        help="The cluster's Service ranges, which no pool may overlap, where the API has no ServiceCIDRs.",
    ),
    click.option(
        "--never-give",
        multiple=True,
        callback=_addresses,
        metavar="ADDRESS",
        help="An address that no Service gets although a pool has it, such as the nodes' default gateway.",
    ),
)


def _with_options(options: Sequence[Callable[..., Any]]) -> Callable[..., Any]:
    """All of them on a command, in this order."""

    def decorate(command: Callable[..., Any]) -> Callable[..., Any]:
        for option in reversed(options):
            command = option(command)
        return command

    return decorate


def _daemon(command: Callable[..., int]) -> Callable[..., None]:
    """A command of a daemon: takes the options above as Settings, and exits with what `command` returns."""

    @functools.wraps(command)
    def invoke(**options: Any) -> None:  # noqa: ANN401 - what click has parsed
        sys.exit(command(Settings(**options)))

    wrapped: Callable[..., None] = _with_options(DAEMON_OPTIONS)(invoke)
    return wrapped


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="baremetal-lb")
def main() -> None:
    """External IPs for Kubernetes Services of type LoadBalancer, on clusters without a cloud."""


@main.command()
@click.option(
    "--leader-elect/--no-leader-elect",
    default=DEFAULTS.leader_elect,
    show_default=True,
    help=f"Work only while holding the Lease {LEASE}. The pod's name is read from $POD_NAME.",
)
@click.option(
    "--membership-key/--no-membership-key",
    default=DEFAULTS.membership_key,
    show_default=True,
    help="Make the Secret with the key of the speakers' heartbeats where it is missing.",
)
@click.option(
    "--quarantine",
    type=Seconds(min=0),
    default=DEFAULTS.quarantine,
    show_default=True,
    help="Seconds until an address that somebody outside of the cluster had is tried again.",
)
@_with_options(ADDRESS_OPTIONS)
@_daemon
def controller(settings: Settings) -> int:
    """Give Services addresses from the pools of the ConfigMap."""
    with for_good():
        from baremetal_lb.run.controller.daemon import run

    return run(settings)


@main.command()
@click.option("--node-name", type=Name(), required=True, help="The node that this speaker runs on.")
@click.option(
    "--gratuitous-interval",
    type=Seconds(min=0),
    default=DEFAULTS.gratuitous_interval,
    show_default=True,
    help="Seconds between gratuitous ARP (or NDP) for an address that stays; 0: none.",
)
@click.option(
    "--membership-port",
    type=PORT,
    default=DEFAULTS.membership_port,
    show_default=True,
    help="UDP port for heartbeats between speakers; 0: none, the nodes' readiness decides.",
)
@click.option(
    "--heartbeat-interval",
    type=Seconds(min=0.02, max=5),
    default=DEFAULTS.heartbeat_interval,
    show_default=True,
    help="Seconds; a speaker that is silent for 3.5 times as long is dead. The same on every node.",
)
@click.option(
    "--return-delay",
    type=Seconds(min=0),
    default=DEFAULTS.return_delay,
    show_default=True,
    help="Seconds that a speaker waits after it has come back, before it takes addresses from others.",
)
@click.option(
    "--probe-time",
    type=Seconds(min=0, max=10),
    default=DEFAULTS.probe_time,
    show_default=True,
    help="Seconds of asking whether somebody else has an address, before it is first announced; 0: none.",
)
@click.option(
    "--watchdog-interval",
    type=Seconds(min=0),
    default=DEFAULTS.watchdog_interval,
    show_default=True,
    help="Seconds between questions whether another node's address is answered for; 0: none.",
)
@click.option(
    "--rules-url",
    default=DEFAULTS.rules_url,
    metavar="URL",
    help="Asked, as URL/SERVICES/SLICES, whether this node's Service rules are as new as these versions, "
    "before an address is reported as announced. kube-proxy has no such answer; by default nobody is asked.",
)
@click.option(
    "--ignore-exclude-label",
    is_flag=True,
    default=DEFAULTS.ignore_exclude_label,
    help="Announce from nodes with node.kubernetes.io/exclude-from-external-load-balancers, too.",
)
@click.option(
    "--avoid-cordoned/--no-avoid-cordoned",
    default=DEFAULTS.avoid_cordoned,
    show_default=True,
    help="Announce from nodes that are cordoned only where no other can.",
)
@click.option(
    "--interface-exclude",
    multiple=True,
    callback=_patterns,
    metavar="REGEX",
    help="Interfaces never to announce on; repeatable, '' for none.  [default: MetalLB's: ^veth.*, ...]",
)
@_daemon
def speaker(settings: Settings) -> int:
    """Make the network deliver the addresses: answer ARP and NDP for those that this node owns."""
    with for_good():
        from baremetal_lb.run.speaker.daemon import run

    return run(settings)


@main.command("check-config")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, allow_dash=True, path_type=Path))
@click.option("--plan", is_flag=True, help="Say what it would do to the running cluster; changes nothing.")
@click.option("--strict", is_flag=True, help="Exit with 1 where there is a warning, too.")
@_with_options((*CLUSTER_OPTIONS, *ADDRESS_OPTIONS))
def check_config(file: Path, *, plan: bool, strict: bool, **options: Any) -> None:  # noqa: ANN401 - what click has parsed
    """Say whether a ConfigMap, or a bare configuration, would be accepted. FILE may be - for stdin."""
    text = sys.stdin.read() if str(file) == "-" else file.read_text(encoding="utf-8", errors="replace")
    if plan:
        from baremetal_lb.run.preview_config import plan as tell_plan

        sys.exit(tell_plan(text, Settings(**options), click.echo, strict=strict))
    from baremetal_lb.run.check_config import check

    sys.exit(check(text, Settings(**options), click.echo, strict=strict))


@main.command("migrate")
@click.argument(
    "files", nargs=-1, type=click.Path(exists=True, dir_okay=False, allow_dash=True, path_type=Path)
)
@click.option(
    "--output",
    "-o",
    type=click.Choice(["plan", "values", "configmap"]),
    default="plan",
    show_default=True,
    help="What becomes of each Service; or the configuration, as Helm values or as a ConfigMap.",
)
@click.option("--take-over", "act", flag_value="take-over", help="Stop MetalLB and announce in its place.")
@click.option("--give-back", "act", flag_value="give-back", help="Fall silent and start MetalLB again.")
@click.option(
    "--metallb-namespace",
    type=Name(),
    default="metallb-system",
    show_default=True,
    help="Where MetalLB and its objects are.",
)
@click.option(
    "--release",
    type=Name(),
    default="baremetal-lb",
    show_default=True,
    help="The Helm release that is to own the ConfigMap, where one is made.",
)
@click.option(
    "--timeout",
    type=Seconds(min=1),
    default=120.0,
    show_default=True,
    help="Seconds to wait for what a step needs; then the same may be typed again.",
)
@_with_options((*CLUSTER_OPTIONS, STATUS_NAMESPACE, *ADDRESS_OPTIONS))
def migrate(  # noqa: PLR0913 - one parameter for each option
    files: tuple[Path, ...],
    *,
    output: str,
    act: str | None,
    metallb_namespace: str,
    release: str,
    timeout: float,
    **options: Any,  # noqa: ANN401 - what click has parsed
) -> None:
    """Read MetalLB's pools from its cluster or from FILES (- for stdin), and take its Services over.

    Without an option it says what would become of each Service, and changes nothing.
    """
    from baremetal_lb.run.migration.command import Wanted
    from baremetal_lb.run.migration.command import migrate as run_migrate
    from baremetal_lb.run.migration.take_over import Move

    texts = tuple(
        sys.stdin.read() if str(file) == "-" else file.read_text(encoding="utf-8", errors="replace")
        for file in files
    )
    move = Move(Settings(**options), metallb_namespace, release, timeout)
    complain = functools.partial(click.echo, err=True)
    sys.exit(run_migrate(Wanted(texts, act or output), move, click.echo, complain))


@main.command("status")
@OUTPUT
@_with_options((*CLUSTER_OPTIONS, STATUS_NAMESPACE))
def status(output: str, **options: Any) -> None:  # noqa: ANN401 - what click has parsed
    """Show configuration, pools, leader and speakers of a cluster, which Services wait, and why."""
    from baremetal_lb.run.explain.cluster import status as tell_status

    sys.exit(tell_status(Settings(**options), click.echo, as_json=output == "json"))


@main.command("why")
@click.argument("service", type=ServiceName(), metavar="[NAMESPACE/]SERVICE")
@click.option(
    "-n",
    "service_namespace",
    type=Name(),
    metavar="NAMESPACE",
    help="Where the Service is.  [default: default]",
)
@click.option(
    "--interface",
    "-I",
    "interfaces",
    multiple=True,
    metavar="NAME",
    help="Ask on this interface of the machine, too, who answers for the addresses (ARP, NDP; NET_RAW); "
    "repeatable.",
)
@OUTPUT
@_with_options((*CLUSTER_OPTIONS, STATUS_NAMESPACE))
def why(
    service: tuple[str, str],
    service_namespace: str | None,
    interfaces: tuple[str, ...],
    output: str,
    **options: Any,  # noqa: ANN401 - what click has parsed
) -> None:
    """Say why a Service has no address, or why that does not answer; and what to do.

    Each link from the Service to its answers is looked at, up to the first that is broken; then the exit code
    is 1.

    \b
    baremetal-lb why nginx
    baremetal-lb why shop/web -o json
    sudo baremetal-lb why shop/web --interface eth0
    """
    from baremetal_lb.model.objects import ObjectKey
    from baremetal_lb.run.explain.service import why as tell_why

    namespace, name = service
    if namespace and service_namespace not in (None, namespace):
        msg = f"-n {service_namespace} and {namespace}/{name} are two namespaces: say one"
        raise click.UsageError(msg)
    key = ObjectKey(namespace or service_namespace or "default", name)
    sys.exit(tell_why(key, Settings(**options), click.echo, interfaces=interfaces, as_json=output == "json"))


if __name__ == "__main__":
    run(lambda: main)
