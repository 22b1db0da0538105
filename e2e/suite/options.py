"""The suite's options, and the environment that they describe."""

from __future__ import annotations

import shlex
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from e2e.suite.environments import known
from e2e.suite.environments.environment import FAULTS, Environment, with_fault

if TYPE_CHECKING:
    import argparse

    import pytest

LAB: Final = "lab"
_REAL: Final = "real"
_ENVIRONMENTS: Final = (LAB, _REAL, "kind", "plain")


def add(parser: pytest.Parser) -> None:
    """Register them with pytest."""
    group = parser.getgroup("e2e", "the e2e suite (docs/e2e.md)")
    add_option = group.addoption
    add_option(
        "--environment",
        choices=_ENVIRONMENTS,
        default=LAB,
        help="what the cluster runs in; all but a lab are found by $KUBECONFIG",
    )
    add_option(
        "--cluster", metavar="NAME", help="a lab that is up, instead of an own; or of real (default: real)"
    )
    add_option(
        "--client", metavar="COMMAND", help="what comes before a command that the outside client is to run"
    )
    add_option("--client-python", metavar="PATH", help="Python 3 as the outside client calls it")
    add_option("--image", help="an image with a python3, for the pods that answer")
    add_option("--pool", metavar="ADDRESSES", help="addresses for the suite, as in a pool, by commas")
    add_option(
        "--fault",
        nargs=3,
        action="append",
        default=[],
        metavar=("FAULT", "BEGIN", "END"),
        help=f"how to hurt a node ({', '.join(FAULTS)}): two commands, with {{node}} for its name",
    )
    for word, what in (
        ("upgrade", "upgrades the balancer, and waits for it"),
        ("uninstall", "uninstalls it"),
        ("install", "installs it again, and waits for it"),
    ):
        add_option(f"--{word}", metavar="COMMAND", help=f"what {what}")
    add_option("--longest-gap", type=float, metavar="SECONDS", help="for a client in a failover")
    add_option("--patience", type=float, default=60.0, metavar="SECONDS", help="for each wait (default: 60)")
    add_option("--balancer-namespace", default="baremetal-lb-system", help="where the balancer is installed")
    add_option("--balancer-config-map", default="config", help="its ConfigMap there")


def environment(options: argparse.Namespace, lab: str) -> Environment:
    """What the options describe; ValueError for options that make no sense together."""
    found = _known(options, lab)
    commands = {name: getattr(options, name) for name in ("client", "upgrade", "uninstall", "install")}
    changed = {
        **{name: tuple(shlex.split(given)) for name, given in commands.items() if given is not None},
        "python": options.client_python,
        "image": options.image,
        "pool": options.pool,
        "longest_gap": options.longest_gap,
    }
    found = replace(found, **{key: value for key, value in changed.items() if value is not None})
    for name, begin, end in options.fault:
        found = with_fault(found, name, begin, end)
    return found


def _known(options: argparse.Namespace, lab: str) -> Environment:
    match options.environment:
        case "lab":
            return known.lab(lab)
        case "real":
            return known.real(options.cluster or _REAL)
        case "kind":
            return known.kind()
        case _:
            return known.plain()
