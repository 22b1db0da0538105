"""What a lab's cloud has written down for those who want to be its clients."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

from mockcloud.lab.errors import LabError

if TYPE_CHECKING:
    from pathlib import Path

    from mockcloud.lab.state import LabFolder

DAEMON: Final = "cloud"  # whose files they are
ENVIRONMENT: Final = "environment.json"
CLOUD_CONFIG: Final = "cloud.conf"
RESOLV_CONF: Final = "resolv.conf"


def files(folder: LabFolder) -> Path:
    """Where they are."""
    return folder.data(DAEMON)


def environment(folder: LabFolder, host: str | None = None) -> dict[str, str]:
    """The variables that clients need, on a host of the lab or (None) in the user's own network. LabError."""
    known = [each.name for each in folder.read().hosts]
    if host is not None and host not in known:
        msg = f"no host is called {host!r}: this lab has {', '.join(known)}"
        raise LabError(msg)
    said: dict[str, dict[str, str]] = json.loads(_read(folder, ENVIRONMENT))
    return said["user" if host is None else "lab"]


def resolv_conf(folder: LabFolder) -> Path | None:
    """What the lab's hosts have for /etc/resolv.conf; None: the machine's own."""
    path = files(folder) / RESOLV_CONF
    return path if path.exists() else None


def _read(folder: LabFolder, name: str) -> str:
    try:
        return (files(folder) / name).read_text()
    except FileNotFoundError:
        msg = f"the lab {folder.name!r} has no cloud: expected one that was started with --provider cloud"
        raise LabError(msg) from None
