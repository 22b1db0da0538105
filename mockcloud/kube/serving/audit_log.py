"""The file of audit Events (`--audit-log`): a line each, written before the client has its answer."""

import logging
from pathlib import Path
from typing import Final

import orjson

from mockcloud.kube.json_types import JsonObject

log: Final = logging.getLogger(__name__)


class AuditLog:
    """Appends to the file; what cannot be written is told once, and the API goes on."""

    def __init__(self, path: Path) -> None:
        self._path = path
        path.touch(mode=0o600)
        self._file = path.open("ab", buffering=0)
        self._told = False

    def take(self, event: JsonObject) -> None:
        """Write the Event."""
        try:
            self._file.write(orjson.dumps(event) + b"\n")
        except OSError as exc:
            if not self._told:
                log.error("audit events are lost: %s: %s", self._path, exc.strerror)
            self._told = True
