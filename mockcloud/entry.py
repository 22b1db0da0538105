"""Where the command `mockcloud` begins and ends: no stack trace, whatever its terminal or pipe does."""

from __future__ import annotations

import errno
import os
import signal
import sys
from typing import TYPE_CHECKING, Final, NoReturn

if TYPE_CHECKING:
    from collections.abc import Callable

_NAME: Final = "mockcloud"
_WRONG: Final = 1
_INTERRUPTED: Final = 128 + signal.SIGINT
_UNWRITABLE: Final = frozenset((errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EBADF, errno.EPIPE))


def main() -> NoReturn:
    """The installed command."""
    run(_load)


def run(load: Callable[[], Callable[..., object]]) -> NoReturn:
    """Run the command that `load` imports, and exit as it says."""
    _open_standard_streams()
    code: object = _WRONG
    try:
        code = _invoke(load)
        sys.stdout.flush()
    except KeyboardInterrupt:
        code = _INTERRUPTED
    except OSError as exc:
        if exc.errno not in _UNWRITABLE or exc.filename is not None:
            raise
        code = _WRONG
        if exc.errno != errno.EPIPE:  # whoever closed a pipe has read enough
            _complain(f"{_NAME}: cannot write the output: {exc.strerror}\n")
    _let_go()
    sys.exit(code if isinstance(code, int) else _WRONG)


def _load() -> Callable[..., object]:
    from mockcloud.__main__ import main as command

    return command


def _invoke(load: Callable[[], Callable[..., object]]) -> object:
    try:
        load()(prog_name=_NAME)
    except SystemExit as exc:
        return exc.code or 0
    return 0


def _open_standard_streams() -> None:
    """A descriptor that the caller has closed must not become that of a lock or a socket."""
    for fd in range(3):
        try:
            os.fstat(fd)
        except OSError:
            os.open(os.devnull, os.O_RDWR)
    sys.stdout = sys.stdout or os.fdopen(1, "w", closefd=False)
    sys.stderr = sys.stderr or os.fdopen(2, "w", closefd=False)


def _complain(text: str) -> None:
    try:
        os.write(2, text.encode())
    except OSError:
        return  # nobody can be told


def _let_go() -> None:
    """What can't be written is dropped: the interpreter would try once more, and complain."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for stream, fd in ((sys.stdout, 1), (sys.stderr, 2)):
        try:
            stream.flush()
        except (OSError, ValueError):
            null = os.open(os.devnull, os.O_WRONLY)
            os.dup2(null, fd)
            os.close(null)
