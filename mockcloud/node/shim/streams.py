"""What a container writes: into its log as containerd writes it, and to those who are attached to it.

One line of a log is `TIME stream F text`; a part of a line longer than a page has P for F (CRI logging).
A log that is full is renamed, and the oldest of too many is removed, as kubelet's containerLogMaxSize and
containerLogMaxFiles have it.
"""

import os
import select
import time
from typing import Final

MOST_LINE: Final = 16384
FULL_BYTES: Final = 10 * 1024 * 1024
MOST_FILES: Final = 5
AT_ONCE: Final = 65536
MOST_READS: Final = 1024
MOST_EARLY: Final = 65536  # what is kept for the one who attaches first
MOST_BEHIND: Final = 4 * 1024 * 1024  # an attached one that is further behind is let go


class Log:
    """One run's log file, in the folder behind a descriptor."""

    def __init__(self, folder: int, path: str) -> None:
        self.folder = folder
        self.path = path
        self.rests: dict[str, bytes] = {}  # by stream: what no newline has ended yet
        self.file = self.open()
        self.size = os.fstat(self.file).st_size

    def open(self) -> int:
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC
        return os.open(self.path, flags, 0o600, dir_fd=self.folder)

    def write(self, stream: str, data: bytes) -> None:
        """Take in what was read; whole lines are written."""
        *lines, rest = (self.rests.get(stream, b"") + data).split(b"\n")
        self.rests[stream] = rest
        found = [piece for line in lines for piece in pieces(line, last=b"F")]
        if len(rest) >= MOST_LINE:
            self.rests[stream] = b""
            found += pieces(rest, last=b"P")
        self.put(stream, found)

    def end(self, stream: str) -> None:
        """The stream has ended: what is left is a line too."""
        if rest := self.rests.pop(stream, b""):
            self.put(stream, pieces(rest, last=b"F"))

    def put(self, stream: str, found: list[tuple[bytes, bytes]]) -> None:
        now = time.time_ns()  # the time that users compare with other logs
        head = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(now // 10**9))
        prefix = f"{head}.{now % 10**9:09d}Z {stream} ".encode()
        text = b"".join(b"%b%b %b\n" % (prefix, tag, piece) for tag, piece in found)
        if self.size + len(text) > FULL_BYTES and self.size:
            self.rotate(time.strftime("%Y%m%d-%H%M%S", time.gmtime(now // 10**9)))
        self.size += len(text)
        while text:
            text = text[os.write(self.file, text) :]

    def rotate(self, moment: str) -> None:
        os.close(self.file)
        os.replace(self.path, f"{self.path}.{moment}", src_dir_fd=self.folder, dst_dir_fd=self.folder)
        self.file, self.size = self.open(), 0
        directory, _, name = self.path.rpartition("/")
        listed = os.open(directory or ".", os.O_RDONLY | os.O_CLOEXEC, dir_fd=self.folder)
        old = sorted(one for one in os.listdir(listed) if one.startswith(f"{name}."))
        for one in old[: max(len(old) - (MOST_FILES - 1), 0)]:
            os.unlink(one, dir_fd=listed)
        os.close(listed)

    def close(self) -> None:
        os.close(self.file)


class Sink:
    """One end that somebody attached: it is written without waiting for it."""

    def __init__(self, fd: int) -> None:
        os.set_blocking(fd, False)
        self.fd = fd
        self.behind = b""

    def write(self, data: bytes) -> bool:
        """Pass it on; False when nobody reads there any more, or too slowly."""
        self.behind += data
        try:
            self.behind = self.behind[os.write(self.fd, self.behind) :] if self.behind else b""
        except BlockingIOError:
            return len(self.behind) <= MOST_BEHIND
        except OSError:
            return False
        return True


class Output:
    """The streams of one container's run: where each is read, the log, and who is attached."""

    def __init__(self, log: Log, sources: dict[int, str], *, awaited: bool = False) -> None:
        """With `awaited`, what is written before somebody attaches is kept for them, if it is little."""
        self.log = log
        self.sources = sources  # descriptor -> stdout or stderr
        self.sinks: dict[str, list[Sink]] = {"stdout": [], "stderr": []}
        # stream, data, and where the log ended then (None: not all of it was in the log)
        self.early: list[tuple[str, bytes, int | None]] | None = [] if awaited else None

    def pump(self, fd: int) -> bool:
        """Pass on what can be read now; False where that was the end: it is no longer one of the sources."""
        stream = self.sources[fd]
        try:
            data = os.read(fd, AT_ONCE)
        except BlockingIOError:
            return True
        except OSError:  # a terminal whose last user has closed it
            data = b""
        if not data:
            self.log.end(stream)
            del self.sources[fd]
            return False
        self.log.write(stream, data)
        self.keep(stream, data)
        self.send(stream, data)
        return True

    def drain(self, fd: int) -> bool:
        """Pass on what is there already; False where that was the end. What is written later is lost."""
        for _ in range(MOST_READS):
            if not select.select([fd], [], [], 0)[0]:
                return True
            if not self.pump(fd):
                return False
        return True

    def hang_up(self) -> None:
        """The program has ended: nothing more is read, and the log is complete."""
        for stream in self.sources.values():
            self.log.end(stream)
        self.sources.clear()
        self.log.close()

    def send(self, stream: str, data: bytes) -> None:
        """To all who are attached; with no data, what they had no room for before."""
        for sink in list(self.sinks[stream]):
            if not sink.write(data):
                os.close(sink.fd)
                self.sinks[stream].remove(sink)

    def keep(self, stream: str, data: bytes) -> None:
        """For the first to attach."""
        if self.early is not None:
            self.early.append((stream, data, None if any(self.log.rests.values()) else self.log.size))
            if sum(len(kept) for _, kept, _ in self.early) > MOST_EARLY:
                self.early = None

    def attach(self, fds: dict[str, int], known: int = 0) -> None:
        """From now on, copy what is written to these too.

        The first one gets what was kept, but for what the first `known` bytes of the log have told.
        """
        for stream, fd in fds.items():
            self.sinks[stream].append(Sink(fd))
        early, self.early = self.early or [], None
        ends = [number for number, (_, _, end) in enumerate(early, 1) if end is not None and end <= known]
        for stream, data, _ in early[max(ends, default=0) :]:
            self.send(stream, data)

    @property
    def owed(self) -> bool:
        """Whether an attached one has not yet had all."""
        return any(sink.behind for sinks in self.sinks.values() for sink in sinks)

    def close(self) -> None:
        """Leave those who are attached."""
        for sinks in self.sinks.values():
            for sink in sinks:
                os.close(sink.fd)
            sinks.clear()


def pieces(line: bytes, last: bytes) -> list[tuple[bytes, bytes]]:
    """The line in parts of at most a page, all but the last tagged as parts."""
    cut = [line[start : start + MOST_LINE] for start in range(0, len(line), MOST_LINE)] or [b""]
    return [*((b"P", piece) for piece in cut[:-1]), (last, cut[-1])]
