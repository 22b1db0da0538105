"""Starts the cloud controller manager in the box, with what the lab's cloud has written for its clients."""

from __future__ import annotations

import importlib
import json
import os
from pathlib import Path
from typing import Final

_PROGRAM: Final = "mockcloud.ccm.__main__"


def main(argv: list[str]) -> int:
    """The file with the variables first; the rest is the program's own."""
    os.environ.update(json.loads(Path(argv[0]).read_text())["lab"])
    code: int = importlib.import_module(_PROGRAM).main(argv[1:])
    return code
