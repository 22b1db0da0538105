"""Tell whoever started us that we are ready: s6's notification-fd protocol, with the number in READY_FD."""

import contextlib
import os
from typing import Final

VARIABLE: Final = "READY_FD"


def announce_ready() -> None:
    """Write one newline to the descriptor that READY_FD names, and close it; without READY_FD, do nothing.

    The variable is removed, so that it is said once and children do not inherit it.
    ValueError where it is no number.
    """
    text = os.environ.pop(VARIABLE, None)
    if text is None:
        return
    if not text.isdecimal():
        msg = f"{VARIABLE} is {text!r}: expected the number of an open descriptor"
        raise ValueError(msg)
    descriptor = int(text)
    try:
        # Whoever waited may be gone: that is no reason not to run.
        with contextlib.suppress(BrokenPipeError):
            os.write(descriptor, b"\n")
    finally:
        os.close(descriptor)
