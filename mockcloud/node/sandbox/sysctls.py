"""Sets the kernel's settings of a pod: in its network and IPC namespaces, before any of its programs runs."""

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from mockcloud.linux import CLONE_NEWIPC, CLONE_NEWNET, setns
from mockcloud.node.sandbox.records import PID

_NAMESPACES: Final = {"net": CLONE_NEWNET, "ipc": CLONE_NEWIPC}
_PATH: Final = {ord("."): "/", ord("/"): "."}
_ROOT: Final = Path("/proc/sys")


def set_sysctls(folder: Path, settings: Iterable[tuple[str, str]]) -> None:
    """For the pod of that folder; the thread is in its namespaces afterwards, and must end. OSError."""
    pid = (folder / PID).read_text()
    for kind, flag in _NAMESPACES.items():
        namespace = os.open(f"/proc/{pid}/ns/{kind}", os.O_RDONLY | os.O_CLOEXEC)
        try:
            setns(namespace, flag)
        finally:
            os.close(namespace)
    for name, value in settings:
        try:
            (_ROOT / name.translate(_PATH)).write_text(value)
        except OSError as error:
            raise OSError(error.errno, f"sysctl {name} = {value!r}: {error.strerror}") from error
