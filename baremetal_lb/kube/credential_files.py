"""Certificates and keys as files in memory: the `kubernetes` package wants paths to hand to the TLS library.

A file on disk would outlive a daemon that is killed before it can remove it; a descriptor can't.
"""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

_OPEN: Final[dict[bytes, int]] = {}


@contextmanager
def in_memory() -> Iterator[None]:
    """Whatever the package makes a file of, now or when it renews a token, is kept in memory.

    Files made until the end of this are closed then. The package takes a folder for its files, but does not
    pass it on everywhere: so the one function that makes them is replaced.
    """
    from baremetal_lb.kube.package import kube_config

    package: Any = kube_config
    package._create_temp_file_with_content = _memory_file
    try:
        yield
    finally:
        while _OPEN:
            os.close(_OPEN.popitem()[1])


def _memory_file(content: str | bytes, *_folder: object, **_options: object) -> str:
    """A path, good in this process, under which the content can be read."""
    data = content.encode() if isinstance(content, str) else content
    if data not in _OPEN:
        _OPEN[data] = os.memfd_create("credentials")  # closed at exec
        with os.fdopen(_OPEN[data], "wb", closefd=False) as file:
            file.write(data)
    return f"/proc/self/fd/{_OPEN[data]}"
