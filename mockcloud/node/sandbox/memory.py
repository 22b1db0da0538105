"""Volumes in memory: each a file system of its own, which all containers of its pod share.

They are mounted in one mount namespace of the agent's, from which those of containers are made, and nowhere
else: nothing is seen on the host. An agent that starts anew does not find them: containers that run keep
theirs, and one that is started again begins with an empty folder on disk.
"""

import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Final

from mockcloud.linux import CLONE_FS, CLONE_NEWNS, MS_REC, MS_SLAVE, mount, setns, unshare

_HERE: Final = "/proc/thread-self/ns/mnt"


class MemoryVolumes:
    """Those of one node."""

    def __init__(self) -> None:
        """There is no namespace before the first volume."""
        self._namespace: int | None = None
        self._mounted: set[Path] = set()

    def mount(self, folder: Path, options: str) -> None:
        """Have memory at the folder, unless it has some already; `options` are tmpfs'. OSError."""
        self._mounted = {each for each in self._mounted if each.exists()}
        if folder in self._mounted:
            return
        _in_a_thread(lambda: self._mount(folder, options))
        self._mounted.add(folder)

    def enter(self) -> None:
        """Let the calling thread, which is to end soon, see these volumes; for good."""
        if self._namespace is not None:
            unshare(CLONE_FS)
            setns(self._namespace, CLONE_NEWNS)

    def _mount(self, folder: Path, options: str) -> None:
        if self._namespace is None:
            unshare(CLONE_NEWNS)
            mount("none", "/", flags=MS_REC | MS_SLAVE)
            self._namespace = os.open(_HERE, os.O_RDONLY | os.O_CLOEXEC)
        else:
            self.enter()
        mount("tmpfs", str(folder), "tmpfs", options=options)


def _in_a_thread(work: Callable[[], None]) -> None:
    """Run it in a thread that ends afterwards; what it raises is raised here."""
    failures: list[OSError] = []

    def live() -> None:
        try:
            work()
        except OSError as error:
            failures.append(error)

    thread = threading.Thread(target=live, name="memory volume", daemon=True)
    thread.start()
    thread.join()
    if failures:
        raise failures[0]
