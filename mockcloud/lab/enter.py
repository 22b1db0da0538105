"""Runs a command, or a shell, on one of the lab's hosts or in a pod: `mockcloud exec`."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from mockcloud.lab.cloud_files import resolv_conf
from mockcloud.lab.environment import without_proxies
from mockcloud.lab.errors import LabError
from mockcloud.lab.forking import fork
from mockcloud.lab.invocation import DEFAULT_LAB, kubectl
from mockcloud.linux import (
    CLONE_NEWCGROUP,
    CLONE_NEWIPC,
    CLONE_NEWNET,
    CLONE_NEWNS,
    CLONE_NEWPID,
    CLONE_NEWUSER,
    CLONE_NEWUTS,
    MS_BIND,
    MS_REC,
    MS_SLAVE,
    PR_SET_PDEATHSIG,
    mount,
    prctl,
    setns,
    unshare,
)
from mockcloud.node.sandbox.records import entrance, tools_folder
from mockcloud.node.shim.confining import Confinement, confine

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from mockcloud.lab.state import LabFolder, LabState

_POD_KINDS: Final = {
    CLONE_NEWNET: "net",
    CLONE_NEWUTS: "uts",
    CLONE_NEWIPC: "ipc",
    CLONE_NEWCGROUP: "cgroup",
    CLONE_NEWPID: "pid",
}
_NOT_FOUND: Final = 127  # as a shell says it
_NOT_EXECUTABLE: Final = 126
_PASSED_ON: Final = frozenset(
    (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT, signal.SIGUSR1, signal.SIGUSR2)
)
_AWAITED: Final = _PASSED_ON | {signal.SIGCHLD}
_BY_THE_KERNEL: Final = 128  # si_code of what a terminal sends (SI_KERNEL, sigaction(2))
_FIRST_OTHER: Final = 3  # of a program's descriptors, after the three standard ones
_MOST_FDS: Final = 1 << 20
_HOST_SECONDS: Final = 30.0
_TERMINAL: Final = "xterm"  # what a container runtime calls a terminal that nobody has named


@dataclass(frozen=True, slots=True)
class Entrance:
    """How to come to a host, or into a pod: namespaces, kind -> path, and variables to have there."""

    namespaces: dict[int, str]
    environment: dict[str, str]
    hostname: str = ""  # of a host: it shares the machine's name and /sys until it is given its own
    resolv_conf: str = ""  # of a host: where that is not the machine's
    walls: Walls | None = None  # in a pod's files


@dataclass(frozen=True, slots=True)
class Walls:
    """What a command in a pod may: what the pod's own programs may, since it may run what those wrote."""

    user: str  # the path of the pod's user namespace
    confinement: dict[str, Any]


def run_on_host(folder: LabFolder, host: str, command: Sequence[str]) -> int:
    """Run the command, or a shell, on the host: its exit code, or 128 + n where signal n ended it.

    It has the host's network, name and /sys, and joins the lab's pid namespace, so that it ends with the lab;
    for NAMESPACE/POD the pod's own, with the files and the environment of its main container.
    """
    state = folder.read()
    way = way_to(folder, state, host)
    if not command:
        command, way = shell(way, prompt(folder.name, host))
    user = _user_namespace(way)
    enter(state, way.namespaces)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)  # whoever ignored it would keep the child's end from us
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, _AWAITED)
    with _terminal_kept():
        code = _wait_passing_on(fork(lambda: _execute(command, way, user, mask)))
    return code if code >= 0 else 128 - code


def shell(way: Entrance, prompt: str) -> tuple[Sequence[str], Entrance]:
    """The shell to open there, and the way with the prompt that says where one is."""
    path = way.environment.get("PATH", os.defpath)
    # What a user's own start-up files do would hide the prompt.
    found = ("bash", "--noprofile", "--norc") if shutil.which("bash", path=path) else ("sh",)
    where = r"\w" if found[0] == "bash" else "$PWD"
    variables = {"PS1": f"{prompt}:{where}# ", "HISTFILE": ""}
    return found, replace(way, environment={**way.environment, **variables})


def prompt(lab: str, host: str) -> str:
    """The host, and which lab it is of where that could be asked."""
    return host if lab == DEFAULT_LAB else f"[{lab}] {host}"


def _wait_passing_on(child: int) -> int:
    """Pass on what others signal to this process, until the child ends: its code, or minus the signal.

    What a terminal sends goes to the whole group: the child has had it.
    """
    while True:
        told = signal.sigwaitinfo(_AWAITED)
        if told.si_signo != signal.SIGCHLD:
            if told.si_code != _BY_THE_KERNEL:
                os.kill(child, told.si_signo)
            continue
        pid, status = os.waitpid(child, os.WNOHANG)
        if pid:
            return os.waitstatus_to_exitcode(status)


@contextlib.contextmanager
def _terminal_kept() -> Iterator[None]:
    """A shell takes the terminal for its own group: give it back to ours when the shell has ended."""
    try:
        group = os.tcgetpgrp(0)
    except OSError:
        yield  # no terminal
        return
    yield
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTTOU})
    with contextlib.suppress(OSError):
        os.tcsetpgrp(0, group)


def way_to(folder: LabFolder, state: LabState, name: str) -> Entrance:
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


def _to_host(folder: LabFolder, state: LabState, name: str) -> Entrance:
    # Tools such as ip and nft live where an ordinary user's PATH does not look. Last come the small clients
    # that pods have: those of any node serve.
    small = [tools for one in state.hosts if (tools := tools_folder(folder.data(one.name))).is_dir()][:1]
    path = ":".join([os.environ.get("PATH", os.defpath), "/usr/sbin", "/sbin", *map(str, small)])
    own = {"KUBECONFIG": str(folder.lab_kubeconfig), "PATH": path}
    names = resolv_conf(folder)
    environment = {**without_proxies(os.environ), **own}
    return Entrance(_of_host(state, name), environment, name, str(names or ""))


def _of_host(state: LabState, name: str) -> dict[int, str]:
    supervisor = f"/proc/{state.supervisor_pid}"
    for host in state.hosts:
        if host.name == name:
            return {CLONE_NEWNET: f"{supervisor}/fd/{host.netns_fd}", CLONE_NEWPID: f"{supervisor}/ns/pid"}
    hosts = ", ".join(host.name for host in state.hosts)
    msg = f"no host is called {name!r}: this lab has {hosts}, and pods as NAMESPACE/POD"
    raise LabError(msg)


def _into_pod(folder: LabFolder, state: LabState, name: str) -> Entrance:
    namespace, _, pod = name.partition("/")
    for host in state.hosts:
        found = entrance(folder.data(host.name), namespace, pod)
        if found is not None:
            paths = {flag: f"/proc/{found.first}/ns/{kind}" for flag, kind in _POD_KINDS.items()}
            if found.container is None:
                return Entrance(paths, without_proxies(os.environ))
            terminal = {"TERM": os.environ.get("TERM", _TERMINAL)} if os.isatty(0) else {}
            paths[CLONE_NEWNS] = f"/proc/{found.container}/ns/mnt"
            walls = Walls(f"/proc/{found.first}/ns/user", found.confinement)
            return Entrance(paths, {**found.environment, **terminal}, walls=walls)
    listed = kubectl("get", "pods", "-A", kubeconfig=folder.kubeconfig)
    msg = f"no pod {pod!r} runs in namespace {namespace!r}: `{listed}` lists what runs"
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


def said_on_host(
    folder: LabFolder, state: LabState, host: str, command: Sequence[str], stdin: str = ""
) -> subprocess.CompletedProcess[str]:
    """What a program of this machine says in the host's network. LabError; OSError and SubprocessError.

    For programs of one thread: a child of theirs joins the lab's namespaces.
    """
    network = {CLONE_NEWNET: namespaces_of(folder, state, host)[CLONE_NEWNET]}
    path = f"{os.environ.get('PATH', os.defpath)}:/usr/sbin:/sbin"
    return subprocess.run(
        command,
        input=stdin,
        capture_output=True,
        text=True,
        timeout=_HOST_SECONDS,
        check=False,
        env={**os.environ, "PATH": path},
        preexec_fn=lambda: enter(state, network),
    )


def _user_namespace(way: Entrance) -> int | None:
    if way.walls is None:
        return None
    try:
        return os.open(way.walls.user, os.O_RDONLY | os.O_CLOEXEC)
    except OSError as exc:
        msg = f"cannot enter the pod: {exc.strerror}. Is the lab another user's?"
        raise LabError(msg) from exc


def _confine(way: Entrance, user: int | None) -> None:
    if way.walls is not None and user is not None:
        confine(Confinement(**way.walls.confinement), user)
        os.chdir("/")


def _execute(command: Sequence[str], way: Entrance, user: int | None, mask: set[int | signal.Signals]) -> int:
    _confine(way, user)
    prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if way.hostname:
        _be_a_host(way)
    else:
        os.closerange(_FIRST_OTHER, _MOST_FDS)  # the caller's open folders would lead out of the pod
    for number in (signal.SIGPIPE, signal.SIGXFSZ):
        signal.signal(number, signal.SIG_DFL)  # Python ignores these, and what it starts would too
    signal.pthread_sigmask(signal.SIG_SETMASK, mask)
    try:
        os.execvpe(command[0], list(command), way.environment)
    except OSError as exc:
        if is_missing(command[0], way.environment, exc):
            os.write(2, f"mockcloud: {command[0]}: command not found\n".encode())
            return _NOT_FOUND
        os.write(2, f"mockcloud: {command[0]}: {exc.strerror}\n".encode())
        return _NOT_EXECUTABLE


def is_missing(command: str, environment: Mapping[str, str], error: OSError) -> bool:
    """Whether an exec failed because no such program is there, as a shell would say it.

    execvp fails with EACCES when it found the command nowhere, and some folder of PATH may not be searched
    (`su` keeps root's).
    """
    if isinstance(error, FileNotFoundError):
        return True
    found = (Path(folder, command) for folder in os.get_exec_path(environment))
    return isinstance(error, PermissionError) and "/" not in command and not any(map(os.path.lexists, found))


def _be_a_host(way: Entrance) -> None:
    """Take the host's name, show its network devices in /sys, and ask its name server."""
    unshare(CLONE_NEWUTS | CLONE_NEWNS)
    socket.sethostname(way.hostname)
    # Where /sys is covered in part (in most containers), nobody may mount it: the machine's stays.
    with contextlib.suppress(OSError):
        mount("none", "/", flags=MS_REC | MS_SLAVE)
        if way.resolv_conf:
            mount(way.resolv_conf, "/etc/resolv.conf", flags=MS_BIND)
        mount("sysfs", "/sys", "sysfs")
