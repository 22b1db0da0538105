"""A lab for the life of one command: `mockcloud run -- COMMAND`."""

from __future__ import annotations

import os
import signal
import subprocess
from typing import TYPE_CHECKING

from mockcloud.lab.errors import LabError
from mockcloud.lab.interruptions import Interrupted, deferred, undeferred
from mockcloud.lab.invocation import VARIABLE
from mockcloud.lab.lifecycle import down, up

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mockcloud.lab.lifecycle import Tell
    from mockcloud.lab.plan import Plan
    from mockcloud.lab.state import LabFolder


def run(plan: Plan, lab: LabFolder, command: Sequence[str], tell: Tell, timeout: float) -> int:
    """Start the lab, run the command on this machine, take the lab down: the command's exit code.

    It finds the lab by KUBECONFIG and MOCKCLOUD_NAME. The lab goes down however it ends, also by a signal,
    which is passed on to it. LabError where the lab does not start.
    """
    with deferred():
        up(plan, lab, tell, timeout)
        try:
            with undeferred():
                return _run(lab, command)
        finally:
            down(lab)


def _run(lab: LabFolder, command: Sequence[str]) -> int:
    environment = {**os.environ, "KUBECONFIG": str(lab.kubeconfig), VARIABLE: lab.name}
    process: subprocess.Popen[bytes] | None = None
    try:
        with deferred():  # a signal must not come between the command's start and our knowing it
            process = _started(command, environment)
        code = process.wait()
    except Interrupted as interrupted:
        if process is not None:
            with deferred():
                if interrupted.number != signal.SIGINT:  # a terminal has sent that to all of its group
                    process.send_signal(interrupted.number)
                process.wait()
        raise
    return code if code >= 0 else 128 - code


def _started(command: Sequence[str], environment: dict[str, str]) -> subprocess.Popen[bytes]:
    try:
        return subprocess.Popen(command, env=environment)
    except FileNotFoundError:
        raise LabError(f"{command[0]}: command not found") from None  # noqa: EM102
    except OSError as error:
        raise LabError(f"{command[0]}: {error.strerror}") from error  # noqa: EM102
