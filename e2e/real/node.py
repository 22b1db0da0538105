"""One node: started, loaded with images, cut off, paused, without power."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

    from e2e.real.network import Network
    from e2e.real.node_files import NodeFiles

# Its own view of processes, mounts and host name; what it has mounted ends with it.
_ON_ITS_OWN: Final = (
    *("unshare", "--pid", "--fork", "--kill-child", "--mount-proc"),
    *("--mount", "--propagation", "private", "--uts", "--ipc"),
)


class NodeError(Exception):
    """A node can't do what it was asked; the text names it."""


class Node:
    """A node as the cluster's process has it: one child, whose input is its power."""

    def __init__(self, files: NodeFiles, network: Network) -> None:
        """Off."""
        self.files, self._network = files, network
        self.name = files.node.name
        self._process: subprocess.Popen[bytes] | None = None

    def switch_on(self) -> None:
        """Its kernel begins without rules, and containerd starts; nothing else before `go`."""
        self._network.run(self.name, _forget_rules)
        self._network.plug(self.name)
        with (self.files.log / "boot").open("ab") as log:
            self._process = subprocess.Popen(
                [*_ON_ITS_OWN, sys.executable, "-m", "e2e.real.boot", str(self.files.folder / "boot.json")],
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                preexec_fn=self._network.enter(self.name),
            )

    def go(self) -> None:
        """Let kubelet and kube-proxy start."""
        stdin = self._on().stdin
        assert stdin is not None
        stdin.write(b"\n")
        stdin.flush()

    def cut_power(self) -> None:
        """All that runs on it ends at once, and its link is down."""
        self._network.unplug(self.name)
        process, self._process = self._on(), None
        assert process.stdin is not None
        process.stdin.close()
        self._signal(process.pid, signal.SIGCONT)
        process.wait()

    def pause(self) -> None:
        """All that runs on it stands still, as on a virtual machine that is paused."""
        self._signal(self._on().pid, signal.SIGSTOP)

    def resume(self) -> None:
        """It goes on."""
        self._signal(self._on().pid, signal.SIGCONT)

    def load(self, archive: Path) -> None:
        """Import an OCI archive into its containerd; NodeError with containerd's words."""
        command = [
            str(self.files.programs / "ctr"),
            "--address",
            str(self.files.socket),
            "--namespace",
            "k8s.io",
        ]
        command += ["images", "import", "--snapshotter", self.files.snapshotter, str(archive)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            message = f"{self.name}: {archive} can't be imported: {done.stderr.strip()}"
            raise NodeError(message)

    def not_listening(self) -> str:
        """Why its containerd takes no images yet; "" where it does."""
        with socket.socket(socket.AF_UNIX) as tried:
            try:
                tried.connect(str(self.files.socket))
            except OSError as error:
                return f"{self.files.socket}: {error.strerror}"
        return ""

    def ended(self) -> str:
        """What it said where it ended by itself; "" where it did not."""
        if self._process is None or self._process.poll() is None:
            return ""
        return f"{self.name} ended: {(self.files.log / 'boot').read_text(errors='replace')[-1000:].strip()}"

    def _on(self) -> subprocess.Popen[bytes]:
        if self._process is None:
            message = f"{self.name} is off"
            raise NodeError(message)
        return self._process

    def _signal(self, process: int, number: signal.Signals) -> None:
        for pid in _descendants(process):
            with suppress(ProcessLookupError):
                os.kill(pid, number)


def _descendants(process: int) -> Iterator[int]:
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal():
            try:
                parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
            except OSError:
                continue  # it has just ended
            children.setdefault(parent, []).append(int(entry.name))
    found = children.get(process, [])
    while found:
        yield from found
        found = [child for pid in found for child in children.get(pid, ())]


def _forget_rules() -> None:
    subprocess.run(["nft", "flush", "ruleset"], check=True)
