"""Commands to show to a person: they can be typed as they are shown."""

from __future__ import annotations

import os
import shlex
import shutil
import sys
from pathlib import Path
from typing import Final

_NAME: Final = "mockcloud"
DEFAULT_LAB: Final = "default"
VARIABLE: Final = "MOCKCLOUD_NAME"  # of the environment: the lab that is meant where no --name is typed


def mockcloud(command: str, lab: str, *words: str) -> str:
    """`mockcloud COMMAND WORDS` for that lab, with its path where PATH does not lead to it."""
    name = [] if lab == os.environ.get(VARIABLE, DEFAULT_LAB) else ["--name", lab]
    return shlex.join([*program(), command, *name, *words])


def kubectl(*words: str, kubeconfig: Path | None = None) -> str:
    """`kubectl WORDS`, with its path where PATH has none, and that kubeconfig if $KUBECONFIG is another."""
    beside = Path(sys.executable).with_name("kubectl")
    name = _from_here(beside) if shutil.which("kubectl") is None and beside.is_file() else "kubectl"
    other = kubeconfig is not None and os.environ.get("KUBECONFIG") != str(kubeconfig)
    return shlex.join([name, *(["--kubeconfig", str(kubeconfig)] if other else []), *words])


def export(kubeconfig: str | Path) -> str:
    """What makes kubectl mean the lab from now on."""
    return f"export KUBECONFIG={shlex.quote(str(kubeconfig))}"


def program() -> list[str]:
    """What a person types to run this command."""
    typed = Path(sys.argv[0])
    script = typed if typed.name == _NAME else Path(sys.executable).with_name(_NAME)
    if not script.is_file():
        return [sys.executable, "-m", _NAME]
    found = shutil.which(_NAME)
    if found is not None and Path(found).samefile(script):
        return [_NAME]
    return [_from_here(script)]


def _from_here(script: Path) -> str:
    """The path as one types it in the present folder."""
    here, absolute = Path.cwd(), script.absolute()
    return str(absolute.relative_to(here)) if absolute.is_relative_to(here) else str(absolute)
