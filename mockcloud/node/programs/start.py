"""Runs one of the programs beside this file: `start.py NAME ARGUMENT...`.

An isolated interpreter does not look where its script lies, so the package is put on the module path here.
"""

import importlib
import os
import sys


def main(argv: list[str]) -> int:
    """The program's exit code."""
    sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)).rsplit("/mockcloud/", 1)[0])
    name, *arguments = argv
    code: int = importlib.import_module(f"mockcloud.node.programs.{name}").main(arguments)
    return code


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
