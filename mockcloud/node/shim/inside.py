"""Runs one of our own programs in a process that was forked from a holder: no new interpreter has to start.

It is as in a fresh one, but for what the holder has imported already. Which programs those are depends on the
interpreter that the holder itself was forked from (`warm`).
"""

import ctypes
import os
import signal
import sys
import traceback
from collections.abc import Callable
from typing import Final, NamedTuple, NoReturn

from mockcloud import start

MOST_FDS: Final = 1 << 20
# arg_start and arg_end, among the fields of /proc/PID/stat that follow the name (proc_pid_stat(5))
ARGUMENTS: Final = slice(45, 47)


class Own(NamedTuple):
    """What this interpreter has: the arguments that these words would start it with; and what it is."""

    words: Callable[[list[str]], list[str] | None]
    main: Callable[[list[str]], object]


def _by_this_interpreter(argv: list[str]) -> list[str] | None:
    begin = sys.orig_argv[: -len(sys.argv[1:]) or None]
    return argv[len(begin) :] if argv[: len(begin)] == begin else None


OWN = Own(_by_this_interpreter, start.main)


def ours(argv: list[str]) -> list[str] | None:
    """The arguments, where these words would start what this interpreter runs, too."""
    return OWN.words(argv)


def run(words: list[str], argv: list[str], env: dict[str, str], highest_fd: int) -> NoReturn:
    """Be that program, started by `argv`, with these variables and the descriptors up to that one."""
    os.closerange(highest_fd + 1, MOST_FDS)
    signal.set_wakeup_fd(-1)
    for number in (signal.SIGPIPE, signal.SIGXFSZ):
        signal.signal(number, signal.SIG_IGN)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    os.environ.clear()
    os.environ.update(env)
    sys.argv = argv
    sys.stdin, sys.stdout = os.fdopen(0, closefd=False), os.fdopen(1, "w", closefd=False)
    sys.stderr = os.fdopen(2, "w", buffering=1, closefd=False)
    show(_title(words, argv))
    os._exit(end(words))


def end(words: list[str]) -> int:
    """Run it: its exit code, as an interpreter would have it."""
    code: object = 1
    try:
        code = OWN.main(words)
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


def _title(words: list[str], argv: list[str]) -> str:
    """ROOM:NAME of `start`'s words is shown as NAME; else what was typed."""
    room, colon, name = words[0].partition(":") if words else ("", "", "")
    shown = (name, *words[1:]) if colon and room else (os.path.basename(argv[0]), *argv[1:])
    return " ".join(shown)


def show(title: str) -> None:
    """What `ps` shows: the words of the holder are overwritten, as far as there is room."""
    with open("/proc/self/stat") as file:
        first, last = map(int, file.read().rpartition(")")[2].split()[ARGUMENTS])
    text = title.encode()[: last - first - 1]
    ctypes.memmove(first, text.ljust(last - first, b"\0"), last - first)
