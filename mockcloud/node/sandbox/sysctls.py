"""Sets the kernel's settings of a pod: in its network and IPC namespaces, before any of its programs runs.

Some are their root user's, who is nobody here; so a process of its own becomes him.
"""

import os
import subprocess
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

from mockcloud.linux import CLONE_NEWIPC, CLONE_NEWNET, setns
from mockcloud.node.sandbox.records import PID

_NAMESPACES: Final = {"net": CLONE_NEWNET, "ipc": CLONE_NEWIPC}
_PATH: Final = {ord("."): "/", ord("/"): "."}
_ROOT: Final = Path("/proc/sys")
_SECONDS: Final = 30.0


def set_sysctls(folder: Path, root: int, settings: Iterable[tuple[str, str]]) -> None:
    """For the pod of that folder, whose root user has that id. It blocks for some 100 ms. OSError."""
    words = [(folder / PID).read_text(), str(root), *(f"{name}={value}" for name, value in settings)]
    command = [sys.executable, "-I", "-m", __name__, *words]
    done = subprocess.run(command, capture_output=True, text=True, timeout=_SECONDS, check=False)
    if done.returncode:
        msg = f"sysctls cannot be set: {done.stderr.strip()}"
        raise OSError(msg)


def main(words: Sequence[str]) -> int:
    """PID of a process of the pod, its root user, then NAME=VALUE...; 1 and why where one cannot be set."""
    pid, root, *settings = words
    try:
        for kind, flag in _NAMESPACES.items():
            setns(os.open(f"/proc/{pid}/ns/{kind}", os.O_RDONLY | os.O_CLOEXEC), flag)
        # Of the network's the kernel asks for rights over it, which we have; of others who one is.
        _write(each for each in settings if each.startswith("net."))
        os.setresgid(int(root), int(root), int(root))
        os.setresuid(int(root), int(root), int(root))
        _write(each for each in settings if not each.startswith("net."))
    except OSError as error:
        sys.stderr.write(f"{error.filename or 'its namespaces'}: {error.strerror}\n")
        return 1
    return 0


def _write(settings: Iterable[str]) -> None:
    for setting in settings:
        name, _, value = setting.partition("=")
        (_ROOT / name.translate(_PATH)).write_text(value)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
