"""Runs the plan, one step after the other, and takes back what was made, whatever happens."""

from __future__ import annotations

import argparse
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Final

from e2e.kind import network, plan
from mockcloud.lab.interruptions import Interrupted, interruptions

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_USAGE: Final = 2


def main(argv: Sequence[str]) -> int:
    """The suite's exit code, that of a step which failed, or 2 where a program is missing."""
    parser = argparse.ArgumentParser(prog="e2e/kind/run", allow_abbrev=False)
    parser.add_argument("--keep", action="store_true", help="leave the cluster, and say what to type")
    options, arguments = parser.parse_known_args(argv)
    if words := plan.lacking(shutil.which):
        print(words, file=sys.stderr)
        return _USAGE
    try:
        with interruptions(), ExitStack() as stack:
            return _run(stack, arguments, keep=options.keep)
    except Interrupted as exc:
        return exc.exit_code
    except subprocess.CalledProcessError as exc:
        print(f"e2e/kind/run: {shlex.join(exc.cmd)}: exit code {exc.returncode}", file=sys.stderr)
        return exc.returncode
    except network.NoRoom as exc:
        print(f"e2e/kind/run: {exc}", file=sys.stderr)
        return 1


def _run(stack: ExitStack, arguments: Sequence[str], *, keep: bool) -> int:
    folder = Path(tempfile.mkdtemp(prefix="e2e-kind-"))
    environment = {**os.environ, "KUBECONFIG": str(folder / "kubeconfig")}
    if keep:
        print(
            f"kept: export KUBECONFIG={environment['KUBECONFIG']}; {shlex.join(plan.DELETE)}", file=sys.stderr
        )
    else:
        stack.callback(shutil.rmtree, folder)
    _step(plan.BUILD, environment)
    if not keep:
        stack.callback(_undo, plan.DELETE, environment)
    _step(plan.create(environment["KUBECONFIG"]), environment)
    _step(plan.LOAD, environment)
    inspected = subprocess.run(plan.INSPECT, env=environment, stdout=subprocess.PIPE, text=True, check=True)
    pool = network.pool(inspected.stdout)
    _step(plan.install(pool), environment)
    stack.callback(_undo, plan.STOP_CLIENT, environment)
    _step(plan.START_CLIENT, environment)
    return subprocess.run(plan.suite(pool, arguments), cwd=plan.ROOT, env=environment, check=False).returncode


def _step(words: plan.Words, environment: Mapping[str, str]) -> None:
    print(f"==> {shlex.join(words)}", file=sys.stderr)
    subprocess.run(words, env=environment, check=True)


def _undo(words: plan.Words, environment: Mapping[str, str]) -> None:
    """What cannot be undone is not there, or said by the program itself."""
    subprocess.run(words, env=environment, stdout=subprocess.DEVNULL, check=False)
