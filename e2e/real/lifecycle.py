"""What a person does with a cluster by its name: start it, use it, end it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Final

from e2e.real import hosts, images, keeper, supervisor
from mockcloud.lab.forking import fork
from mockcloud.lab.interruptions import deferred, undeferred
from mockcloud.lab.topology import lab_name
from mockcloud.linux import CLONE_NEWNET, PR_SET_PDEATHSIG, prctl, setns
from testkit.chart import helm
from testkit.control_planes.build import build
from testkit.kubectl import find_kubectl

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

_OVER: Final = ("/run", "/var/lib", "/var/log")  # where a node has folders of its own
_MOST: Final = 4000  # characters of what a cluster printed before it failed


class RealError(Exception):
    """A cluster can't be started or used; the text says why."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A cluster to be started: how many nodes, images beside our own, where logs are left."""

    nodes: int = 3
    archives: Sequence[Path] = ()
    logs: Path | None = None


def folder(name: str) -> Path:
    """Where a cluster of that name keeps its files."""
    state = os.environ.get("XDG_STATE_HOME") or str(Path.home() / ".local" / "state")
    found = Path(state).resolve() / "baremetal-lb-real" / lab_name(name)
    if str(found).startswith(tuple(f"{each}/" for each in _OVER)):
        message = f"XDG_STATE_HOME={state}: nodes put their own folders over {', '.join(_OVER)}"
        raise RealError(message)
    return found


def up(place: Path, wanted: Wanted) -> None:
    """Return when it is ready; RealError where that can't be."""
    work = _prepared(place, wanted)
    with deferred():
        started = _begin(place, work, wanted.logs, owner=None)
        try:
            with undeferred():
                _await_ready(place, started)
        except BaseException:
            down(place)
            raise


@contextmanager
def running(place: Path, wanted: Wanted) -> Iterator[None]:
    """For as long as the block, and this process, lasts."""
    work = _prepared(place, wanted)
    with deferred(), _pipe() as ends:
        started = _begin(place, work, wanted.logs, owner=ends)
        try:
            with undeferred():
                _await_ready(place, started)
                yield
        finally:
            _signal_keeper(place)
            _clear(place)


@contextmanager
def _pipe() -> Iterator[tuple[int, int]]:
    ends = os.pipe2(os.O_CLOEXEC)
    try:
        yield ends
    finally:
        for end in ends:
            os.close(end)


def run(place: Path, wanted: Wanted, command: Sequence[str]) -> int:
    """The exit code of the command, which ran on the control host."""
    with running(place, wanted):
        return on_control(place, command)


def on_control(place: Path, command: Sequence[str]) -> int:
    """The exit code of the command; a signal to us ends it."""

    def enter() -> None:
        prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
        switch()

    switch, environment = _entering(place, hosts.CONTROL), surroundings(place)
    with deferred():
        try:
            child = subprocess.Popen(command, env=environment, preexec_fn=enter)
        except OSError as error:
            message = f"{command[0]}: {error.strerror}"
            raise RealError(message) from None
        with child, deferred(child.terminate):
            return child.wait()


def execute(place: Path, host: str, command: Sequence[str]) -> int:
    """Become the command, in the network of that host."""
    environment = surroundings(place)
    _entering(place, host)()
    try:
        os.execvpe(command[0], list(command), environment)
    except OSError as error:
        message = f"{command[0]}: {error.strerror}"
        raise RealError(message) from None


def down(place: Path) -> None:
    """End it, if it runs, and clear away whatever is there."""
    _signal_keeper(place)
    _clear(place)


def _signal_keeper(place: Path) -> None:
    with suppress(FileNotFoundError, ValueError, ProcessLookupError):
        if keeper.held(place):
            os.kill(int((place / "keeper").read_text()), signal.SIGTERM)


def ask(place: Path, *words: str) -> None:
    """Have the cluster do something; RealError with why it did not."""
    _state(place)
    if why := supervisor.ask(place, *words):
        raise RealError(why)


def surroundings(place: Path) -> dict[str, str]:
    """The environment for commands: KUBECONFIG; kubectl and helm on PATH, with caches in the folder."""
    tools = [helm.find_or_build(), *([Path(kubectl)] if (kubectl := find_kubectl()) else [])]
    paths = list(dict.fromkeys(str(each.parent) for each in tools))
    return {
        **os.environ,
        **{f"HELM_{name}_HOME": str(place / "helm" / name.lower()) for name in ("CACHE", "CONFIG", "DATA")},
        "KUBECONFIG": str(place / "control" / "kubeconfig"),
        "KUBECACHEDIR": str(place / "kubectl-cache"),
        "PATH": ":".join([*paths, os.environ["PATH"]]),
    }


def netns(place: Path, host: str) -> Path:
    """The network namespace of a host, for `nsenter --net=`."""
    found = place / "net" / host
    if not found.is_symlink():
        message = f"no host is called {host!r}: there are {', '.join(sorted(_state(place)['netns']))}"
        raise RealError(message)
    return found


def describe(place: Path, name: str) -> str:
    """What to type."""
    enter = f"python -m e2e.real --name {name} exec"
    entered = [f"{host}: nsenter --net={netns(place, host)}" for host in sorted(_state(place)["netns"])]
    return "\n".join([f"{enter} control -- kubectl get nodes", *entered])


@dataclass(frozen=True, slots=True)
class _Started:
    """A keeper: its process, what it says when the cluster is ready or not, and what it prints."""

    pid: int
    said: int
    log: IO[str]


def _prepared(place: Path, wanted: Wanted) -> Callable[[int], int]:
    """Build what is missing, which may take minutes; what process 1 is to do."""
    programs = build(nodes=True)
    helm.find_or_build()
    archives = [images.whoami(), *(each.resolve() for each in wanted.archives)]
    missing = [str(each) for each in archives if not each.is_file()]
    if missing:
        message = f"{', '.join(missing)}: no such image archive"
        raise RealError(message)
    return partial(supervisor.supervise, place, programs, wanted.nodes, archives)


def _begin(
    place: Path, work: Callable[[int], int], logs: Path | None, owner: tuple[int, int] | None
) -> _Started:
    """Fork the keeper. `owner`: a pipe; the cluster ends when nobody has its second end."""
    lock = keeper.lock(place)
    if lock is None:
        message = f"a cluster called {place.name} runs already: end it, or choose another --name"
        raise RealError(message)
    keeper.sweep(place)
    place.mkdir(parents=True)
    said, saying = os.pipe2(os.O_CLOEXEC)
    log = (place / "keeper.log").open("w+")

    def keep() -> int:
        for unused in (said, *(owner[1:] if owner else ())):
            os.close(unused)
        os.setsid()
        _redirect(log.fileno())
        kept = keeper.Kept(place, owner[0] if owner else None, logs, saying)
        return keeper.keep(kept, lambda: work(saying))

    with keeper.signals_blocked():  # until the keeper heeds them
        pid = fork(keep)
    (place / "keeper").write_text(str(pid))
    os.close(lock)
    os.close(saying)
    return _Started(pid, said, log)


def _redirect(output: int) -> None:
    nothing = os.open("/dev/null", os.O_RDONLY)
    os.dup2(nothing, 0)
    os.dup2(output, 1)
    os.dup2(output, 2)


def _await_ready(place: Path, started: _Started) -> None:
    with os.fdopen(started.said) as pipe, started.log as log:
        said = pipe.read()
        log.seek(0)
        printed = log.read()[-_MOST:].strip()
    if said != supervisor.READY:
        message = f"the cluster did not come up: {said or printed or 'its first process was killed'}"
        raise RealError(message)
    first, names = int((place / "pid").read_text()), place / "net"
    names.mkdir()
    for host, descriptor in _state(place)["netns"].items():
        (names / host).symlink_to(f"/proc/{first}/fd/{descriptor}")


def _clear(place: Path) -> None:
    """Wait until nothing of it lives, and remove what is left."""
    lock = keeper.lock(place, wait=True)
    assert lock is not None
    keeper.sweep(place)
    keeper.forget(place)
    os.close(lock)


def _state(place: Path) -> dict[str, Any]:
    try:
        found: dict[str, Any] = json.loads((place / "state.json").read_text())
    except FileNotFoundError:
        message = f"no cluster called {place.name} is up"
        raise RealError(message) from None
    return found


def _entering(place: Path, host: str) -> Callable[[], None]:
    """What brings the calling process into the network of that host."""
    opened = os.open(netns(place, host), os.O_RDONLY | os.O_CLOEXEC)

    def switch() -> None:
        setns(opened, CLONE_NEWNET)

    return switch
