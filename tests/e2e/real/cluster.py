"""What tests ask of a real cluster by its commands, and what may be left of one."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[3]
NAME = "test"


def command(*words):
    """`python -m e2e.real` with these words."""
    return [sys.executable, "-m", "e2e.real", "--name", NAME, *words]


def environment(state):
    """Clusters keep their files in that folder."""
    return {**os.environ, "XDG_STATE_HOME": str(state)}


def real(state, *words, check=True, given=None):
    """What the command prints."""
    done = subprocess.run(
        command(*words),
        cwd=ROOT,
        env=environment(state),
        input=given,
        stdout=subprocess.PIPE,
        text=True,
        timeout=280,
        check=False,
    )
    if check:
        assert done.returncode == 0, f"{words}: exit code {done.returncode}"
    return done.stdout


def left(state):
    """Files, processes, mounts and cgroups of clusters in that folder."""
    found = [str(path) for path in Path(state).rglob("*")]
    found += [path for path in map(str, Path("/sys/fs/cgroup").glob(f"**/baremetal-lb-real-{NAME}"))]
    found += [line for line in Path("/proc/self/mountinfo").read_text().splitlines() if str(state) in line]
    return found + list(processes(state))


def processes(state):
    """Command lines that name the folder."""
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal() and entry.name != str(os.getpid()):
            try:
                words = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            except OSError:
                continue
            if str(state) in words:
                yield words
