"""A real cluster: kube-apiserver, kubelets, containerd, kube-proxy; each node a set of namespaces. As root.

    python -m e2e.real up|down|status
    python -m e2e.real run -- COMMAND...           a cluster for as long as COMMAND runs, on its control host
    python -m e2e.real exec HOST -- COMMAND...     in the network of control, client, neighbour, or a node
    python -m e2e.real load ARCHIVE                an OCI archive, into every node
    python -m e2e.real kill|start|cut|mend|pause|resume NODE

The first time it builds what is missing (Go, some minutes). COMMAND has KUBECONFIG, kubectl and helm.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
from pathlib import Path
from typing import Final

from e2e.real import hosts, lifecycle
from e2e.real.lifecycle import RealError
from e2e.real.supervisor import NODE_DEEDS
from mockcloud.lab.interruptions import Interrupted, interruptions
from testkit.chart.helm import HelmError
from testkit.control_planes.build import BuildError

_NEEDED: Final = {"nft": "nftables", "unshare": "util-linux", "nsenter": "util-linux"}


def main(argv: list[str]) -> int:
    """The command's exit code; 1 with one message for what could not be done."""
    options, command = _parse(argv)
    try:
        _check()
        with interruptions():
            return _do(options, command)
    except Interrupted as interrupted:
        return interrupted.exit_code
    except (RealError, BuildError, HelmError) as error:
        print(f"e2e.real: {error}", file=sys.stderr)
        return 1


def _parse(argv: list[str]) -> tuple[argparse.Namespace, list[str]]:
    before, command = argv, []
    if "--" in argv:
        place = argv.index("--")
        before, command = argv[:place], argv[place + 1 :]
    parser = argparse.ArgumentParser(prog="python -m e2e.real", description=__doc__, formatter_class=_Raw)
    parser.add_argument("--name", default="real", help="of the cluster; some can run side by side")
    deeds = parser.add_subparsers(dest="deed", required=True, metavar="DEED")
    for deed in ("up", "run"):
        starting = deeds.add_parser(deed)
        starting.add_argument("--nodes", type=int, default=3, help=f"1 to {hosts.MOST_NODES}")
        starting.add_argument("--load", type=Path, action="append", default=[], metavar="ARCHIVE")
        starting.add_argument("--logs", type=Path, help="where the logs are put at the end")
    for deed in ("down", "status"):
        deeds.add_parser(deed)
    deeds.add_parser("exec").add_argument("host")
    deeds.add_parser("load").add_argument("archive", type=Path)
    for deed in NODE_DEEDS:
        deeds.add_parser(deed).add_argument("node")
    options = parser.parse_args(before)
    if options.deed in ("run", "exec") and not command:
        parser.error(f"{options.deed}: expected -- COMMAND")
    if options.deed in ("up", "run") and not 1 <= options.nodes <= hosts.MOST_NODES:
        parser.error(f"--nodes {options.nodes}: expected 1 to {hosts.MOST_NODES}")
    return options, command


class _Raw(argparse.RawDescriptionHelpFormatter):
    """Keeps the lines of the docstring."""


def _check() -> None:
    if os.geteuid() != 0:
        message = "it needs root: containers are made by containerd and runc"
        raise RealError(message)
    missing = [name for name in _NEEDED if shutil.which(name) is None]
    if missing:
        packages = " ".join(sorted({_NEEDED[name] for name in missing}))
        message = f"{', '.join(missing)}: not found. Type: apt-get install {packages}"
        raise RealError(message)


def _do(options: argparse.Namespace, command: list[str]) -> int:
    folder = lifecycle.folder(options.name)
    match options.deed:
        case "up":
            lifecycle.up(folder, _wanted(options))
            print(lifecycle.describe(folder, options.name))
        case "run":
            return lifecycle.run(folder, _wanted(options), command)
        case "down":
            lifecycle.down(folder)
        case "status":
            print(lifecycle.describe(folder, options.name))
        case "exec":
            return lifecycle.execute(folder, options.host, command)
        case "load":
            lifecycle.ask(folder, "load", str(options.archive.resolve()))
        case deed:
            lifecycle.ask(folder, deed, options.node)
    return 0


def _wanted(options: argparse.Namespace) -> lifecycle.Wanted:
    return lifecycle.Wanted(options.nodes, options.load, options.logs)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
