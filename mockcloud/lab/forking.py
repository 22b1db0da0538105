"""Forked processes that live and end on their own: never by their parent's exit handlers or buffers."""

from __future__ import annotations

import os
import sys
import traceback
from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    from collections.abc import Callable


def fork(work: Callable[[], int]) -> int:
    """The pid of a child whose whole life is `work`; what it returns is its exit code."""
    pid = os.fork()
    if pid == 0:
        _live(work)
    return pid


def _live(work: Callable[[], int]) -> NoReturn:
    code = 1
    try:
        code = work()
    except SystemExit as exc:
        if isinstance(exc.code, str):
            sys.stderr.write(f"{exc.code}\n")
        else:
            code = int(exc.code or 0)
    except KeyboardInterrupt:
        code = 130
    except BaseException:  # noqa: BLE001
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)
