"""Runs a command on one of the lab's hosts, or in a pod: `mockcloud exec`."""

from __future__ import annotations

import os
import signal
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from mockcloud.lab.errors import LabError
from mockcloud.lab.processes.forking import fork
from mockcloud.linux import (
    CLONE_NEWNET,
    CLONE_NEWNS,
    CLONE_NEWPID,
    CLONE_NEWUSER,
    CLONE_NEWUTS,
    PR_SET_PDEATHSIG,
    prctl,
    setns,
)
from mockcloud.node.sandbox.records import entrance, tools_folder

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mockcloud.lab.state import LabFolder, LabState

_NOT_FOUND: Final = 127  # as a shell says it
_NOT_EXECUTABLE: Final = 126
_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT)


@dataclass(frozen=True, slots=True)
class Way:
    """How to come to a host, or into a pod: namespaces, kind -> path, and variables to have there."""

    namespaces: dict[int, str]
    environment: dict[str, str]


def run_on_host(folder: LabFolder, host: str, command: Sequence[str]) -> int:
    """Run the command in the host's network namespace: its exit code, or 128 + n where signal n ended it.

    It joins the lab's pid namespace too, so that it ends with the lab; for NAMESPACE/POD the pod's own, with
    the files and the environment of its main container.
    """
    state = folder.read()
    way = way_to(folder, state, host)
    enter(state, way.namespaces)
    child = fork(lambda: _execute(command, way.environment))
    for number in _SIGNALS:
        # The terminal sends these to the whole group: the child has its own copy, so only wait.
        signal.signal(number, signal.SIG_IGN)
    _, status = os.waitpid(child, 0)
    code = os.waitstatus_to_exitcode(status)
    return code if code >= 0 else 128 - code


def way_to(folder: LabFolder, state: LabState, name: str) -> Way:
    """How a command comes to a host, or into a pod with its files; LabError where it cannot."""
    if "/" not in name:
        return _to_host(folder, state, name)
    way = _into_pod(folder, state, name)
    if CLONE_NEWNS not in way.namespaces:
        msg = f"the first container of pod {name} does not run, so no command can run in its files"
        raise LabError(msg)
    return way


def namespaces_of(folder: LabFolder, state: LabState, name: str) -> dict[int, str]:
    """The namespaces of a host, or of a pod as NAMESPACE/POD, without its files: kind -> path. LabError."""
    if "/" not in name:
        return _of_host(state, name)
    way = _into_pod(folder, state, name)
    return {flag: path for flag, path in way.namespaces.items() if flag != CLONE_NEWNS}


def _to_host(folder: LabFolder, state: LabState, name: str) -> Way:
    # Tools such as ip and nft live where an ordinary user's PATH does not look. Last come the small clients
    # that pods have: those of any node serve.
    small = [tools for one in state.hosts if (tools := tools_folder(folder.data(one.name))).is_dir()][:1]
    path = ":".join([os.environ.get("PATH", os.defpath), "/usr/sbin", "/sbin", *map(str, small)])
    own = {"KUBECONFIG": str(folder.lab_kubeconfig), "PATH": path}
    return Way(_of_host(state, name), {**os.environ, **own})


def _of_host(state: LabState, name: str) -> dict[int, str]:
    supervisor = f"/proc/{state.supervisor_pid}"
    for host in state.hosts:
        if host.name == name:
            return {CLONE_NEWNET: f"{supervisor}/fd/{host.netns_fd}", CLONE_NEWPID: f"{supervisor}/ns/pid"}
    hosts = ", ".join(host.name for host in state.hosts)
    msg = f"no host is called {name!r}: this lab has {hosts}, and pods as NAMESPACE/POD"
    raise LabError(msg)


def _into_pod(folder: LabFolder, state: LabState, name: str) -> Way:
    namespace, _, pod = name.partition("/")
    for host in state.hosts:
        found = entrance(folder.data(host.name), namespace, pod)
        if found is not None:
            kinds = {CLONE_NEWNET: "net", CLONE_NEWUTS: "uts", CLONE_NEWPID: "pid"}
            paths = {flag: f"/proc/{found.holder}/ns/{kind}" for flag, kind in kinds.items()}
            if found.container is None:
                return Way(paths, dict(os.environ))
            terminal = {key: os.environ[key] for key in ("TERM",) if key in os.environ}
            paths[CLONE_NEWNS] = f"/proc/{found.container}/ns/mnt"
            return Way(paths, {**found.environment, **terminal})
    msg = f"no pod {pod!r} runs in namespace {namespace!r}: `kubectl get pods -A` lists what runs"
    raise LabError(msg)


def enter(state: LabState, paths: Mapping[int, str]) -> None:
    """Join the lab's user namespace, then these; for a process of one thread only. LabError where refused."""
    paths = {CLONE_NEWUSER: f"/proc/{state.supervisor_pid}/ns/user", **paths}
    try:
        opened = {flag: os.open(path, os.O_RDONLY | os.O_CLOEXEC) for flag, path in paths.items()}
        for flag, fd in opened.items():
            setns(fd, flag)
    except OSError as exc:
        who = f"the lab {state.name!r} (supervisor {state.supervisor_pid})"
        msg = f"cannot enter {who}: {exc.strerror or exc}. Is it another user's?"
        raise LabError(msg) from exc


def _execute(command: Sequence[str], environment: Mapping[str, str]) -> int:
    for number in _SIGNALS:
        signal.signal(number, signal.SIG_DFL)
    prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    try:
        os.execvpe(command[0], list(command), environment)
    except FileNotFoundError:
        os.write(2, f"mockcloud: {command[0]}: command not found\n".encode())
        return _NOT_FOUND
    except OSError as exc:
        os.write(2, f"mockcloud: {command[0]}: {exc.strerror}\n".encode())
        return _NOT_EXECUTABLE
