"""Runs one of our own programs in a process that was forked from a holder: no new interpreter has to start.

It is as in a fresh one, but for what the holder has imported already.
"""

import ctypes
import os
import signal
import sys
import traceback
from typing import Final, NoReturn

from mockcloud import start

MOST_FDS: Final = 1 << 20
# arg_start and arg_end, among the fields of /proc/PID/stat that follow the name (proc_pid_stat(5))
ARGUMENTS: Final = slice(45, 47)


def ours(argv: list[str]) -> list[str] | None:
    """The program's name and arguments, where these words would start what this interpreter runs, too."""
    begin = sys.orig_argv[: -len(sys.argv[1:]) or None]
    return argv[len(begin) :] if argv[: len(begin)] == begin else None


def run(words: list[str], env: dict[str, str], highest_fd: int) -> NoReturn:
    """Be that program, with these variables and the descriptors up to that one."""
    os.closerange(highest_fd + 1, MOST_FDS)
    signal.set_wakeup_fd(-1)
    for number in (signal.SIGPIPE, signal.SIGXFSZ):
        signal.signal(number, signal.SIG_IGN)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    os.environ.clear()
    os.environ.update(env)
    sys.argv = words
    sys.stdin, sys.stdout = os.fdopen(0, closefd=False), os.fdopen(1, "w", closefd=False)
    sys.stderr = os.fdopen(2, "w", buffering=1, closefd=False)
    show(" ".join(words).partition(":")[2])
    os._exit(end(words))


def end(words: list[str]) -> int:
    """Run it: its exit code, as an interpreter would have it."""
    code: object = 1
    try:
        code = start.main(words)
    except SystemExit as ended:
        code = ended.code
    except KeyboardInterrupt:
        code = 128 + signal.SIGINT
    except BaseException:  # noqa: BLE001  (as an interpreter: it is shown, and ends the program)
        traceback.print_exc()
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError:
            code = code or 1
    return code if isinstance(code, int) else int(code is not None)


def show(title: str) -> None:
    """What `ps` shows: the words of the holder are overwritten, as far as there is room."""
    with open("/proc/self/stat") as file:
        first, last = map(int, file.read().rpartition(")")[2].split()[ARGUMENTS])
    text = title.encode()[: last - first - 1]
    ctypes.memmove(first, text.ljust(last - first, b"\0"), last - first)
