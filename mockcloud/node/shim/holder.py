"""The process that holds a pod: it makes the pod's namespaces, starts programs in them, and reaps those.

It stays outside of the pod: it has the host's files, and all privileges in the pod. Its first child is the
pod's process 1: whatever becomes of either, the kernel ends the pod's programs with it.
The agent talks to it over the socket `control` in its working directory, one JSON object a packet; the agent
may go and come back: what ended meanwhile is kept until the agent says `forget`. It lives on when the agent
is killed, and holds a lock (flock) on the descriptor it was given, which says that the pod is there. It keeps
each running container's mount view, environment, output and standard input, for those who enter later.
"""

import contextlib
import json
import os
import select
import signal
import socket
import time
from collections.abc import Callable
from functools import partial
from typing import Any, Final

from mockcloud.linux import receive_fds
from mockcloud.node.shim.isolating import Place, isolate
from mockcloud.node.shim.leftovers import end_all_in
from mockcloud.node.shim.spawning import NotStarted, Walls, spawn
from mockcloud.node.shim.streams import Log, Output

CONTROL: Final = "control"
PID: Final = "pid"  # the pod's process 1 as the host knows it, for those who enter from outside the lab
# A container's, beside its first process's pid:
ENVIRONMENT: Final = "environment.json"
CONFINEMENT: Final = "confinement.json"
PACKET: Final = 131072
MOST_FDS: Final = 8
VIEW: Final = "view"
OWED_SECONDS: Final = 0.02  # how soon those who lag behind are tried again

Message = dict[str, Any]


class Run:
    """One program: what is told of it, and what is kept while it runs."""

    def __init__(self, request: Message, view: int | None) -> None:
        self.name: str = request["id"]
        self.request = request
        self.view = view
        self.told: Message = {}
        self.output: Output | None = None
        self.stdin: int | None = None  # where its standard input is written; a terminal's outer end

    @property
    def runs(self) -> bool:
        return bool(self.told) and self.told["exited"] is None

    def close(self) -> None:
        """Give back what was kept for it."""
        for fd in (self.view, self.stdin):
            if fd is not None:
                os.close(fd)
        self.view = self.stdin = None


class Holder:
    """The pod's processes by id, and the agent's connection, if it is there."""

    def __init__(self, listener: socket.socket, folder: int, place: Place) -> None:
        self.listener = listener
        self.folder = folder
        self.place = place
        self.agent: socket.socket | None = None
        self.runs: dict[str, Run] = {}
        self.living: dict[int, Run] = {}
        self.ending: list[Output] = []  # of programs that have ended, with those attached still behind
        self.serving = True
        self.poll = select.epoll()
        self.callbacks: dict[int, Callable[[], None]] = {}
        self.watch(listener.fileno(), self.accept)

    def watch(self, fd: int, callback: Callable[[], None]) -> None:
        self.callbacks[fd] = callback
        self.poll.register(fd, select.EPOLLIN)

    def unwatch(self, fd: int) -> None:
        """Before it is closed: another descriptor of the same terminal would keep it in epoll."""
        if self.callbacks.pop(fd, None) is not None:
            self.poll.unregister(fd)

    def close_source(self, fd: int) -> None:
        self.unwatch(fd)
        os.close(fd)

    def serve(self) -> None:
        """Until told to quit."""
        while self.serving:
            lagging = [output for output in self.outputs() if output.owed]
            for fd, _ in self.poll.poll(OWED_SECONDS if lagging else None):
                if callback := self.callbacks.get(fd):
                    callback()
            for output in lagging:
                for stream in output.sinks:
                    output.send(stream, b"")
            for output in [one for one in self.ending if not one.owed]:
                self.ending.remove(output)
                output.close()

    def outputs(self) -> list[Output]:
        return [*self.ending, *(run.output for run in self.living.values() if run.output is not None)]

    def accept(self) -> None:
        """A new agent takes the place of the one before, and is told all."""
        connection, _ = self.listener.accept()
        while self.agent is not None and select.select([self.agent], [], [], 0)[0]:
            self.obey()  # what the one before had still asked for
        self.drop_agent()
        self.agent = connection
        self.watch(connection.fileno(), self.obey)
        self.tell({"event": "processes", "processes": [run.told for run in self.runs.values() if run.told]})

    def tell(self, message: Message, fds: tuple[int, ...] = ()) -> None:
        if self.agent is None:
            return
        try:
            socket.send_fds(self.agent, [json.dumps(message).encode()], fds)
        except OSError:
            self.drop_agent()

    def drop_agent(self) -> None:
        if self.agent is not None:
            self.unwatch(self.agent.fileno())
            self.agent.close()
            self.agent = None

    def obey(self) -> None:
        """Carry out one request."""
        assert self.agent is not None
        try:
            packet, fds = receive_fds(self.agent, PACKET, MOST_FDS)
        except ConnectionError:
            packet, fds = b"", []
        if not packet:
            self.drop_agent()
            return
        request = json.loads(packet)
        if request["op"] == "start":
            self.start(fds)
        elif request["op"] == "attach":
            self.attach(request, fds)
        else:
            self.obey_simply(request)

    def obey_simply(self, request: Message) -> None:
        """Carry out a request that no descriptors came with."""
        match request["op"]:
            case "signal":
                self.signal(request["id"], request["signal"])
            case "close-stdin":
                self.close_stdin(request["id"])
            case "forget":
                self.runs.pop(request["id"], None)
            case "quit":
                self.serving = False

    def start(self, fds: list[int]) -> None:
        """Start a program. The first descriptor holds the request, too long for a packet; others it names."""
        with open(fds[0], "rb") as body:
            request: Message = json.load(body)
        given = dict(zip(request["fds"], fds[1:], strict=True))
        run = Run(request, given.pop(VIEW, None))
        try:
            self.spawn(run, {int(number): fd for number, fd in given.items()})
        except (NotStarted, OSError) as error:
            if run.output is not None:
                for fd in run.output.sources:
                    os.close(fd)
                run.output.hang_up()
            run.close()
            self.tell({"event": "failed", "id": run.name, "error": str(error)})
        finally:
            for fd in given.values():
                os.close(fd)

    def spawn(self, run: Run, fds: dict[int, int]) -> None:
        request, view = run.request, run.view
        if request["within"]:
            container = self.runs.get(request["within"])
            if container is None or not container.runs:
                msg = f"container {request['within']} is not running"
                raise NotStarted(msg)
            request["env"] = {**container.request["env"], **request["env"]}
            request["cwd"] = container.request["cwd"]
            request["confinement"] = container.request["confinement"]
            view = container.view
        theirs = self.open_streams(run) if request["log"] else []
        try:
            walls = Walls(view, self.place.user)
            pid, outer = spawn(request, walls, {**dict(enumerate(theirs)), **fds})
        finally:
            for fd in set(theirs):
                os.close(fd)
        started = time.time()  # noqa: TID251
        run.told = {"id": run.name, "pid": pid, "started": started, "exited": None}
        self.living[pid] = self.runs[run.name] = run
        if run.output is not None:
            self.keep_mounts(run, outer)
            self.write_process(run, outer)
            for fd in run.output.sources:
                self.watch(fd, partial(self.pump, run.output, fd))
        self.tell({"event": "started", **run.told})

    def keep_mounts(self, run: Run, outer: int) -> None:
        """Where a container's mounts are its own, those are what others enter later."""
        if run.view is None or not run.request["confinement"]["mounts"]:
            return
        with contextlib.suppress(OSError):  # it has ended already
            own = os.open(f"/proc/{outer}/ns/mnt", os.O_RDONLY | os.O_CLOEXEC)
            os.close(run.view)
            run.view = own

    def open_streams(self, run: Run) -> list[int]:
        """A terminal, or pipes, for a container: the program's ends for 0, 1, 2; ours are kept in the run."""
        request = run.request
        log = Log(self.folder, request["log"])
        if request["tty"]:
            ours, theirs = os.openpty()
            run.output = Output(log, {ours: "stdout"}, awaited=request["stdin"])
            run.stdin = os.dup(ours) if request["stdin"] else None
            return [theirs, theirs, theirs]
        out, their_out = os.pipe()
        err, their_err = os.pipe()
        run.output = Output(log, {out: "stdout", err: "stderr"}, awaited=request["stdin"])
        if not request["stdin"]:
            return [os.open(os.devnull, os.O_RDONLY), their_out, their_err]
        their_in, run.stdin = os.pipe()
        return [their_in, their_out, their_err]

    def write_process(self, run: Run, outer: int) -> None:
        """Beside the log: for those who enter the container from outside the lab."""
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC
        place = os.path.dirname(run.request["log"])
        told = {
            PID: str(outer),
            ENVIRONMENT: json.dumps(run.request["env"]),
            CONFINEMENT: json.dumps(run.request["confinement"]),
        }
        for name, text in told.items():
            with os.fdopen(os.open(f"{place}/{name}", flags, 0o600, dir_fd=self.folder), "w") as file:
                file.write(text)

    def pump(self, output: Output, fd: int) -> None:
        if not output.pump(fd):
            self.close_source(fd)

    def attach(self, request: Message, fds: list[int]) -> None:
        """Copy a container's output to the descriptors that came along, and hand out its standard input."""
        run = self.runs.get(request["id"])
        if run is None or not run.runs or run.output is None:
            for fd in fds:
                os.close(fd)
            self.tell({"event": "not attached", "id": request["id"]})
            return
        run.output.attach(dict(zip(request["fds"], fds, strict=True)), request["known"])
        self.tell({"event": "attached", "id": run.name}, () if run.stdin is None else (run.stdin,))

    def close_stdin(self, name: str) -> None:
        """Nobody will write there any more: the program reads the end of the file."""
        run = self.runs.get(name)
        if run is not None and run.stdin is not None and not run.request["tty"]:
            os.close(run.stdin)
            run.stdin = None

    def signal(self, name: str, number: int) -> None:
        """Signal a program and what it started (its session); a container's main program ends its own."""
        run = self.runs.get(name)
        if run is None or not run.runs:
            return
        if run.output is None or number == signal.SIGKILL:
            kill_group(run.told["pid"], number)
        else:
            os.kill(run.told["pid"], number)  # not reaped yet, so the number is its own

    def reap(self) -> None:
        """Collect all that ended; when the pod's process 1 has, so has the pod."""
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            self.serving = self.serving and pid != self.place.first
            run = self.living.pop(pid, None)
            if run is not None:
                self.end(run, os.waitstatus_to_exitcode(status))

    def end(self, run: Run, code: int) -> None:
        """A program has ended: what it wrote is passed on before its end is told."""
        if run.output is not None:
            kill_group(run.told["pid"], signal.SIGKILL)  # a container ends with its first process
            if run.view is not None:
                end_all_in(run.view)
            for fd in list(run.output.sources):
                run.output.drain(fd)
                self.close_source(fd)
            run.output.hang_up()
            self.ending.append(run.output)
        run.close()
        run.told.update(exited=time.time(), code=code)  # noqa: TID251
        self.tell({"event": "exited", **run.told})


def kill_group(pid: int, number: int) -> None:
    try:
        os.killpg(pid, number)
    except ProcessLookupError:
        return


def end_pod(first: int) -> None:
    """End what still runs in the pod; return when nothing of it is left."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(first, signal.SIGKILL)
    with contextlib.suppress(ChildProcessError):
        while True:
            os.waitpid(-1, 0)


def main(argv: list[str]) -> int:
    """Serve until told to quit.

    The words are descriptors: the lock, the pod's folder, and the one to say on that the namespaces are there
    (a line with this process's pid) and that it serves (an empty line); then the pod's first id and how many
    it has, its host name, and `own` or `node`: whose network it is in.
    """
    lock, folder, answer, first_id, count = map(int, argv[:5])
    hostname, network = argv[5:]
    for fd in (lock, folder, answer):
        os.set_inheritable(fd, False)
    os.fchdir(folder)  # by descriptor: where this process looks, all of the host's files are read-only
    place = isolate(first_id, count, hostname, own_network=network == "own")
    os.write(answer, f"{os.readlink('/proc/self')}\n".encode())  # /proc is the host's
    # A relative name: the path of the pod's folder may be longer than a socket's address may be.
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    listener.bind(CONTROL)
    listener.listen(1)
    with open(PID, "w") as file:
        file.write(str(place.outer))
    os.chdir("/")
    os.write(answer, b"\n")
    os.close(answer)
    woken, waker = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
    signal.set_wakeup_fd(waker, warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    holder = Holder(listener, folder, place)

    def on_child() -> None:
        os.read(woken, 4096)
        holder.reap()

    holder.watch(woken, on_child)
    holder.serve()
    end_pod(place.first)
    return 0
