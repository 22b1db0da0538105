"""A lab's folder: where it is, who holds its lock, what its state file says.

The lock is held through an inherited descriptor by every process of the lab, so it is free exactly when
nothing of the lab lives. The folder is 0700, its files are for their owner alone.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import shutil
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

from mockcloud.lab.errors import LabError
from mockcloud.lab.invocation import mockcloud

if TYPE_CHECKING:
    from collections.abc import Mapping

_LOOKS: Final = 5
_LOOK_SECONDS: Final = 0.01


@dataclass(frozen=True, slots=True)
class DaemonState:
    """One daemon as `mockcloud status` shows it; `pid` is the host's."""

    name: str
    host: str
    state: str  # starting, running, ready, restarting, stopped
    pid: int | None = None
    restarts: int = 0
    note: str = ""


@dataclass(frozen=True, slots=True)
class HostState:
    """One host: its addresses, and namespaces as descriptor numbers of the supervisor."""

    name: str
    ipv4: str
    ipv6: str
    netns_fd: int
    switch_fd: int = -1  # that of its first network


@dataclass(frozen=True, slots=True)
class LabState:
    """What the supervisor says of its lab; written whole at each change."""

    name: str
    phase: str  # starting, running, stopping
    keeper_pid: int
    supervisor_pid: int
    api_url: str = ""
    hosts: tuple[HostState, ...] = ()
    daemons: tuple[DaemonState, ...] = ()
    timings: dict[str, float] = field(default_factory=dict)  # seconds after `mockcloud up` was typed
    catalogue: str = ""  # the user's, where one was given
    ends: str = ""  # when the lab does so by itself, in words


@dataclass(frozen=True, slots=True)
class LabFolder:
    """The paths of one lab."""

    name: str
    path: Path

    @property
    def lock(self) -> Path:
        return self.path / "lock"

    @property
    def kubeconfig(self) -> Path:
        """For the user: the API on 127.0.0.1."""
        return self.path / "kubeconfig"

    @property
    def lab_kubeconfig(self) -> Path:
        """For `mockcloud exec` and those who fill a new lab: the API on the LAN."""
        return self.path / "kubeconfig.lab"

    def kubeconfig_of(self, who: str) -> Path:
        """For a daemon with an identity of its own: the API on the LAN."""
        return self.data(f"{who}.kubeconfig")

    def log(self, who: str) -> Path:
        return self.path / "logs" / f"{who}.log"

    def data(self, who: str) -> Path:
        return self.path / "data" / who

    @property
    def faults(self) -> Path:
        """What is broken on purpose, as `mockcloud fault` writes it; no file where nothing ever was."""
        return self.path / "faults.json"

    @property
    def state(self) -> Path:
        """What runs, as the supervisor writes it and `read` reads it."""
        return self.path / "state.json"

    def off(self, host: str) -> Path:
        """A file that is there while the host has no power: none of its daemons is started then."""
        return self.path / "off" / host

    def warm(self, program: str) -> Path:
        """Where an interpreter listens that has the program imported (node/shim/warm)."""
        return self.path / "data" / "warm" / program

    @property
    def requests(self) -> Path:
        """Where the supervisor listens to what its lab is to become (processes/requests)."""
        return self.path / "requests"

    @property
    def own_catalogue(self) -> Path:
        """The images that were added while it runs, once there are any."""
        return self.data("images") / "catalogue.yaml"

    def make(self) -> None:
        """Create the folders inside, readable by their owner only."""
        for path in (self.path / "logs", self.path / "data"):
            path.mkdir(mode=0o700)

    def acquire(self) -> int:
        """Hold the lock; children inherit it. LabError where the lab lives, or its folder is a link.

        A lab begins and ends by removing what is in it: behind a link that is somebody else's.
        """
        if self.path.is_symlink():
            where = f"it is a symbolic link to {self.path.readlink()}"
            msg = f"no lab can be in {self.path}: {where}; remove the link, or choose another --name"
            raise LabError(msg)
        try:
            fd = self._take_lock_from_lookers()
        except BlockingIOError:
            stop = f"stop it with `{mockcloud('down', self.name)}`"
            msg = f"a lab called {self.name!r} is already up: {stop}, or choose another --name"
            raise LabError(msg) from None
        except OSError as exc:
            raise self.unusable(exc) from exc
        os.set_inheritable(fd, True)
        return fd

    def _take_lock_from_lookers(self) -> int:
        """As `_take_lock`; whoever only looks whether a lab lives (`is_alive`) holds it for an instant."""
        for _ in range(_LOOKS):
            with contextlib.suppress(BlockingIOError):
                return self._take_lock()
            time.sleep(_LOOK_SECONDS)
        return self._take_lock()

    def _take_lock(self) -> int:
        while True:
            self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
            try:
                fd = os.open(self.lock, os.O_RDWR | os.O_CREAT, 0o600)
            except FileNotFoundError:
                continue  # an earlier lab's end has removed the folder meanwhile
            try:
                fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                os.close(fd)
                raise
            with contextlib.suppress(FileNotFoundError):
                if os.path.samestat(self.lock.stat(), os.fstat(fd)):
                    return fd
            os.close(fd)  # an earlier lab's end has removed the file meanwhile: a lock on it keeps nobody out

    def unusable(self, exc: OSError) -> LabError:
        """What to say of a folder that can't be used."""
        return LabError(
            f"no lab can be in {self.path} ({exc.strerror}): XDG_STATE_HOME can name another place"
        )

    def is_alive(self) -> bool:
        """Does any process of the lab live?"""
        try:
            fd = os.open(self.lock, os.O_RDWR)
        except FileNotFoundError:
            return False
        except OSError as exc:
            raise self.unusable(exc) from exc
        try:
            fcntl.flock(fd, fcntl.LOCK_SH | fcntl.LOCK_NB)  # lookers don't take each other for a lab
        except BlockingIOError:
            return True
        finally:
            os.close(fd)
        return False

    def empty(self) -> bool:
        """Remove all but the lock of an earlier lab; was there anything?"""
        left = [path for path in self.path.iterdir() if path != self.lock]
        for path in left:
            shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()
        return bool(left)

    def keep_logs(self, others: Mapping[Path, str]) -> None:
        """Remove all but the logs of a lab that failed, and its state; all, where the logs say nothing.

        `others` are log files elsewhere in the folder, each with whose it is: they are kept as daemons' are.
        """
        for path, who in others.items():
            with contextlib.suppress(OSError), self.log(who).open("ab") as log:
                log.write(path.read_bytes())
        if not any(log.stat().st_size for log in (self.path / "logs").glob("*.log")):
            self.remove()
            return
        for path in self.path.iterdir():
            if path.name not in {"lock", "logs", self.state.name}:
                shutil.rmtree(path, ignore_errors=True) if path.is_dir() else path.unlink(missing_ok=True)

    def remove(self) -> None:
        """Remove the folder, and its parents where they are now empty and ours."""
        shutil.rmtree(self.path, ignore_errors=True)
        try:
            self.path.parent.rmdir()
        except OSError:
            return  # other labs live there

    def remove_dead(self) -> bool:
        """Remove the folder, unless a lab lives in it (or has just begun to); did it?"""
        if not self.path.exists():
            return False
        try:
            fd = self._take_lock_from_lookers()
        except BlockingIOError:
            return False
        self.remove()
        os.close(fd)
        return True

    def write(self, state: LabState) -> None:
        """Replace the state file in one step."""
        fresh = self.state.with_suffix(".json.new")
        fresh.write_text(json.dumps(asdict(state), indent=1))
        fresh.chmod(0o600)
        fresh.replace(self.state)

    def read(self) -> LabState:
        """The state of a lab that lives; LabError where it does not."""
        if not self.is_alive():
            msg = f"no lab called {self.name!r} is up: start one with `{mockcloud('up', self.name)}`"
            if (self.path / "logs").exists():
                logs = mockcloud("logs", self.name, "lab")
                msg = f"the lab {self.name!r} ended badly: `{logs}` may say why. {msg}"
            raise LabError(msg)
        try:
            fields = json.loads(self.state.read_text())
        except FileNotFoundError:
            msg = f"the lab {self.name!r} is only just starting: try again in a moment"
            raise LabError(msg) from None
        hosts = tuple(HostState(**host) for host in fields.pop("hosts"))
        daemons = tuple(DaemonState(**daemon) for daemon in fields.pop("daemons"))
        return LabState(hosts=hosts, daemons=daemons, **fields)


def folder(name: str) -> LabFolder:
    """The folder of the lab of that name: $XDG_STATE_HOME/mockcloud/NAME, by default under ~/.local/state."""
    return LabFolder(name, _home() / name)


def folders() -> list[LabFolder]:
    """Those of all labs of this user, also of those that ended badly. LabError where they can't be listed."""
    try:
        found = sorted(path for path in _home().iterdir() if path.is_dir())
    except FileNotFoundError:
        return []
    except OSError as exc:
        msg = f"labs can't be listed: {_home()}: {exc.strerror}"
        raise LabError(msg) from exc
    return [LabFolder(path.name, path) for path in found]


def _home() -> Path:
    """Where labs are. A relative $XDG_STATE_HOME is ignored, as the XDG Base Directory Specification asks."""
    home = Path(os.environ.get("XDG_STATE_HOME", ""))
    return (home if home.is_absolute() else Path.home() / ".local" / "state") / "mockcloud"
