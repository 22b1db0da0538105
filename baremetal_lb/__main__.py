"""The command line. Heavy imports wait until a command needs them, so that `--help` is quick."""

from __future__ import annotations

import functools
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from baremetal_lb.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable

READABLE = click.Path(exists=True, dir_okay=False, readable=True, path_type=Path)
PORT = click.IntRange(0, 65535)

DAEMON_OPTIONS = (
    click.option(
        "--kubeconfig", type=READABLE, help="How to reach the cluster; else $KUBECONFIG, else as a pod."
    ),
    click.option(
        "--namespace", default="baremetal-lb-system", show_default=True, help="Where the ConfigMap is."
    ),
    click.option("--config-map", default="config", show_default=True, help="The ConfigMap with the pools."),
    click.option(
        "--load-balancer-class", default="", help="Serve this class only; empty: Services without one."
    ),
    click.option(
        "--metrics-port", type=PORT, default=0, show_default=True, help="Metrics and health; 0: none."
    ),
    click.option(
        "--log-level",
        type=click.Choice(["debug", "info", "warning", "error"]),
        default="info",
        show_default=True,
    ),
    click.option(
        "--log-format",
        type=click.Choice(["auto", "json", "console"]),
        default="auto",
        show_default=True,
        help="auto: readable on a terminal, else JSON.",
    ),
)


def _daemon(command: Callable[..., int]) -> Callable[..., None]:
    """A command of a daemon: takes the options above as Settings, and exits with what `command` returns."""

    @functools.wraps(command)
    def invoke(**options: Any) -> None:  # noqa: ANN401 - what click has parsed
        sys.exit(command(Settings(**options)))

    wrapped: Callable[..., None] = invoke
    for option in reversed(DAEMON_OPTIONS):
        wrapped = option(wrapped)
    return wrapped


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="baremetal-lb")
def main() -> None:
    """External IPs for Kubernetes Services of type LoadBalancer, on clusters without a cloud."""


@main.command()
@click.option(
    "--leader-elect/--no-leader-elect",
    default=True,
    show_default=True,
    help="Work only while holding the Lease baremetal-lb-controller. The pod's name is read from $POD_NAME.",
)
@_daemon
def controller(settings: Settings) -> int:
    """Give Services addresses from the pools of the ConfigMap."""
    from baremetal_lb.run.controller import run

    return run(settings)


@main.command()
@click.option("--node-name", required=True, help="The node that this speaker runs on.")
@_daemon
def speaker(settings: Settings) -> int:
    """Make the network deliver the addresses: answer ARP for those that this node owns."""
    from baremetal_lb.run.speaker import run

    return run(settings)


@main.command("check-config")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, allow_dash=True, path_type=Path))
def check_config(file: Path) -> None:
    """Say whether a ConfigMap, or a bare configuration, would be accepted. FILE may be - for stdin."""
    from baremetal_lb.run.check_config import check

    text = sys.stdin.read() if str(file) == "-" else file.read_text(encoding="utf-8", errors="replace")
    sys.exit(check(text, click.echo))


if __name__ == "__main__":
    main()
