"""The process that holds a pod: it starts the pod's programs in the pod's namespaces and reaps them.

It is pid 1 of the pod's pid namespace, so whatever becomes of it, the kernel ends the pod's programs with it.
The agent talks to it over the socket `control` in its working directory, one JSON object a packet; the agent
may go and come back: what ended meanwhile is kept until the agent says `forget`. It lives on when the agent
is killed, and holds a lock (flock) on the descriptor it was given, which says that the pod is there.
"""

import errno
import fcntl
import json
import os
import select
import signal
import socket
import sys
import time
from typing import Any, Final

CONTROL: Final = "control"
PID: Final = "pid"  # our number as the host knows it, for those who enter the pod from outside the lab
PACKET: Final = 131072
MOST_FDS: Final = 8
FIRST_FREE: Final = 64  # descriptors for a program are moved above what it will have: 0, 1, 2, 3
SIGNALS: Final = (signal.SIGPIPE, signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGCHLD)

Message = dict[str, Any]


class Holder:
    """The pod's processes by id, and the agent's connection, if it is there."""

    def __init__(self, listener: socket.socket) -> None:
        self.listener = listener
        self.agent: socket.socket | None = None
        self.processes: dict[str, Message] = {}
        self.living: dict[int, str] = {}

    def accept(self) -> None:
        """A new agent takes the place of the one before, and is told all."""
        connection, _ = self.listener.accept()
        if self.agent is not None:
            self.agent.close()
        self.agent = connection
        self.tell({"event": "processes", "processes": list(self.processes.values())})

    def tell(self, message: Message) -> None:
        if self.agent is None:
            return
        try:
            self.agent.send(json.dumps(message).encode())
        except OSError:
            self.drop_agent()

    def drop_agent(self) -> None:
        if self.agent is not None:
            self.agent.close()
            self.agent = None

    def obey(self) -> bool:
        """Carry out one request; False when it was to quit."""
        assert self.agent is not None
        try:
            packet, fds, _, _ = socket.recv_fds(self.agent, PACKET, MOST_FDS, socket.MSG_CMSG_CLOEXEC)
        except ConnectionError:
            packet, fds = b"", []
        if not packet:
            self.drop_agent()
            return True
        request = json.loads(packet)
        match request["op"]:
            case "start":
                self.start(request, fds)
            case "signal":
                self.signal(request["id"], request["signal"])
            case "forget":
                self.processes.pop(request["id"], None)
            case "quit":
                return False
        return True

    def start(self, request: Message, fds: list[int]) -> None:
        """Start a program; its descriptors 0, 1, 2 (and 3: where to say that it is ready) came along."""
        name = request["id"]
        moved = [fcntl.fcntl(fd, fcntl.F_DUPFD_CLOEXEC, FIRST_FREE) for fd in fds]
        for fd in fds:
            os.close(fd)
        try:
            os.chdir(request["cwd"])
            pid = os.posix_spawn(
                find_program(request["argv"][0], request["env"].get("PATH", os.defpath)),
                request["argv"],
                request["env"],
                file_actions=[(os.POSIX_SPAWN_DUP2, fd, number) for number, fd in enumerate(moved)],
                setsid=True,
                setsigmask=(),
                setsigdef=SIGNALS,
            )
        except OSError as error:
            self.tell({"event": "failed", "id": name, "error": f"{error.filename}: {error.strerror}"})
            return
        except ValueError as error:  # a null character in a word
            self.tell({"event": "failed", "id": name, "error": str(error)})
            return
        finally:
            for fd in moved:
                os.close(fd)
            os.chdir("/")
        self.living[pid] = name
        self.processes[name] = {"id": name, "pid": pid, "started": time.time(), "exited": None}  # noqa: TID251
        self.tell({"event": "started", **self.processes[name]})

    def signal(self, name: str, number: int) -> None:
        """Signal a program and what it started (its session)."""
        process = self.processes.get(name)
        if process is None or process["exited"] is not None:
            return
        try:
            os.killpg(process["pid"], number)
        except ProcessLookupError:
            return

    def reap(self) -> None:
        """Collect all that ended; this is pid 1, so orphans come here too."""
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            name = self.living.pop(pid, None)
            if name is None:
                continue
            code = os.waitstatus_to_exitcode(status)
            self.processes[name].update(exited=time.time(), code=code)  # noqa: TID251
            self.tell({"event": "exited", **self.processes[name]})


def find_program(name: str, path: str) -> str:
    """The file that execvp(3) would run; OSError where there is none."""
    if "/" in name:
        return name
    for folder in path.split(":"):
        found = f"{folder}/{name}"
        if os.access(found, os.X_OK) and not os.path.isdir(found):
            return found
    raise OSError(errno.ENOENT, "executable file not found in $PATH", name)


def main(lock: int, answer: int) -> None:
    """Serve until told to quit."""
    os.set_inheritable(lock, False)
    # A relative name: the path of the pod's folder may be longer than a socket's address may be.
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    listener.bind(CONTROL)
    listener.listen(1)
    with open(PID, "w") as file:
        file.write(os.readlink("/proc/self"))  # /proc is the host's
    os.write(answer, b"\n")
    os.close(answer)
    os.chdir("/")
    woken, waker = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
    signal.set_wakeup_fd(waker)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    holder = Holder(listener)
    while True:
        wanted: list[socket.socket | int] = [listener, woken]
        if holder.agent is not None:
            wanted.append(holder.agent)
        ready, _, _ = select.select(wanted, [], [])
        if woken in ready:
            os.read(woken, 4096)
            holder.reap()
        if holder.agent is not None and holder.agent in ready and not holder.obey():
            return
        if listener in ready:
            holder.accept()


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
