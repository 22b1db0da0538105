"""Ends what a container leaves behind when its main program has ended: children that made themselves daemons.

They have left the program's session, and nobody remembers whose children orphans were. But they see the
container's mounts, as nobody else does.
"""

import os
import signal
from typing import Final

ROUNDS: Final = 10  # in each, what others have forked meanwhile is found


def end_all_in(view: int) -> None:
    """Kill every process that sees these mounts."""
    found = os.fstat(view)
    mounts, known = (found.st_dev, found.st_ino), set[str]()
    for _ in range(ROUNDS):
        fresh = [name for name in os.listdir("/proc") if name.isdecimal() and name not in known]
        ended = [name for name in fresh if end(name, mounts)]
        if not ended:
            return
        known.update(ended)


def end(name: str, mounts: tuple[int, int]) -> bool:
    """Kill the process of that number in /proc if it sees those mounts; whether it did.

    /proc may number processes as another pid namespace does: its folder stands for the process itself.
    """
    try:
        process = os.open(f"/proc/{name}", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        seen = os.stat("ns/mnt", dir_fd=process)
        if (seen.st_dev, seen.st_ino) != mounts:
            return False
        signal.pidfd_send_signal(process, signal.SIGKILL)
    except OSError:  # not ours to look at, or it has just ended
        return False
    finally:
        os.close(process)
    return True
