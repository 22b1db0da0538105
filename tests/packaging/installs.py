"""Virtual environments as `pip install WHEEL[EXTRAS]` makes them, without a network.

What the wheel's metadata asks for, and what that asks for in turn, comes from the environment of the tests:
a package that is asked for by nobody is not there.
"""

from __future__ import annotations

import email
import importlib.metadata
import importlib.util
import os
import shutil
import subprocess
import sys
import venv
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from packaging.requirements import Requirement

if TYPE_CHECKING:
    from collections.abc import Iterable

ROOT = Path(__file__).parents[2]
EPOCH = "1700000000"  # any: what is built of the same files is the same


@dataclass(frozen=True)
class Install:
    """A virtual environment that has the wheel."""

    home: Path

    @property
    def packages(self) -> Path:
        (found,) = self.home.glob("lib/python3*/site-packages")
        return found

    def run(
        self, command: str, *arguments: str, seconds: float = 100, **options: object
    ) -> subprocess.CompletedProcess[str]:
        """The command of this environment, from a folder that is not the checkout's."""
        return subprocess.run(
            [self.home / "bin" / command, *arguments],
            cwd=self.home,
            capture_output=True,
            text=True,
            timeout=seconds,
            check=False,
            **options,
        )


def build(target: str, folder: Path) -> Path:
    """`wheel` or `sdist`, built of this checkout into an empty folder."""
    command = [sys.executable, "-m", "hatchling", "build", "--target", target, "--directory", folder]
    environment = {**os.environ, "SOURCE_DATE_EPOCH": EPOCH}
    subprocess.run(command, cwd=ROOT, env=environment, check=True, capture_output=True, timeout=100)
    (built,) = (path for path in folder.iterdir() if path.suffix in {".whl", ".gz"})
    return built


def install(wheel: Path, home: Path, *extras: str) -> Install:
    """A new environment in `home` with the wheel, these extras, and nothing else."""
    venv.create(home, symlinks=True)
    made = Install(home)
    for distribution in _needed(_requirements(wheel), extras):
        _add(distribution, made.packages)
    pip = [sys.executable, "-m", "pip", "--python", str(home / "bin" / "python")]
    subprocess.run([*pip, "install", "--quiet", "--no-index", "--no-deps", wheel], check=True, timeout=100)
    return made


def _requirements(wheel: Path) -> list[str]:
    with zipfile.ZipFile(wheel) as archive:
        (name,) = (each for each in archive.namelist() if each.endswith(".dist-info/METADATA"))
        return email.message_from_bytes(archive.read(name)).get_all("Requires-Dist")


def _needed(requirements: Iterable[str], extras: Iterable[str]) -> list[importlib.metadata.Distribution]:
    found: dict[tuple[str, str], importlib.metadata.Distribution] = {}
    waiting = [(text, extra) for extra in ("", *extras) for text in requirements]
    while waiting:
        text, asked = waiting.pop()
        requirement = Requirement(text)
        if requirement.marker and not requirement.marker.evaluate({"extra": asked}):
            continue
        for extra in ("", *requirement.extras):
            if (requirement.name, extra) not in found:
                distribution = importlib.metadata.distribution(requirement.name)
                found[requirement.name, extra] = distribution
                waiting += [(each, extra) for each in distribution.requires or ()]
    return list({each.name: each for each in found.values()}.values())


def _add(distribution: importlib.metadata.Distribution, packages: Path) -> None:
    for file in distribution.files or ():
        if ".." not in file.parts and file.suffix != ".pyc":
            source = Path(distribution.locate_file(file))
            _link(source, packages / file)
            if file.suffix == ".py":  # compiled already, so that nobody waits for it
                compiled = Path(importlib.util.cache_from_source(str(source)))
                _link(compiled, packages / file.parent / "__pycache__" / compiled.name)


def _link(source: Path, target: Path) -> None:
    if not source.exists():
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        os.link(source, target)
    except OSError:  # another file system
        shutil.copy2(source, target)
