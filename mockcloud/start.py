"""Runs a module of ours in a bare interpreter: `python -I -S start.py ROOM:NAME ARGUMENT...`.

ROOM is a package below `mockcloud`, NAME a module below that, with `main(arguments) -> exit code`.
An isolated interpreter does not look where its script lies, so the package is put on the module path here.
"""

import importlib
import os
import sys


def main(argv: list[str]) -> int:
    """The program's exit code."""
    sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    name, *arguments = argv
    code: int = importlib.import_module(f"mockcloud.{name.replace(':', '.')}").main(arguments)
    return code


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
