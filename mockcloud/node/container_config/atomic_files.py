"""Writes a volume's files so that a reader sees all old ones or all new ones, as kubelet's atomic writer.

FOLDER/..data is a link to a folder of the present files, each top name in FOLDER a link into ..data; a change
makes a new folder and renames one link over the other.
"""

import os
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Final

from mockcloud.node.pods.rendering import File

DATA: Final = "..data"


def write_files(folder: Path, files: Mapping[str, File], owner: tuple[int, int]) -> bool:
    """Make the folder have exactly these files, of that user and group; whether that was a change."""
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o755)
    if (folder / DATA).exists() and _present(folder / DATA) == files:
        return False
    before = os.readlink(folder / DATA) if (folder / DATA).is_symlink() else None
    fresh = Path(tempfile.mkdtemp(prefix="..", dir=folder))
    fresh.chmod(0o755)
    for path, file in files.items():
        _write(fresh, path, file)
    for made in (folder, fresh, *fresh.rglob("*")):
        os.chown(made, *owner, follow_symlinks=False)
    _link(folder / DATA, fresh.name, owner)
    _link_names(folder, {PurePosixPath(path).parts[0] for path in files}, owner)
    if before is not None:
        shutil.rmtree(folder / before, ignore_errors=True)
    return True


def _write(fresh: Path, path: str, file: File) -> None:
    target = fresh / path
    for parent in reversed(target.relative_to(fresh).parents[:-1]):
        (fresh / parent).mkdir(exist_ok=True)
        (fresh / parent).chmod(0o755)
    target.write_bytes(file.content)
    target.chmod(file.mode)


def _present(data: Path) -> dict[str, File]:
    return {
        str(path.relative_to(data)): File(path.read_bytes(), path.stat().st_mode & 0o7777)
        for path in data.rglob("*")
        if path.is_file()
    }


def _link_names(folder: Path, names: set[str], owner: tuple[int, int]) -> None:
    for entry in list(folder.iterdir()):
        if entry.is_symlink() and entry.name != DATA and entry.name not in names:
            entry.unlink()
    for name in names:
        if not (folder / name).is_symlink():
            _link(folder / name, f"{DATA}/{name}", owner)


def _link(place: Path, target: str, owner: tuple[int, int]) -> None:
    fresh = place.with_name(f"..{place.name.lstrip('.')}.new")
    fresh.unlink(missing_ok=True)
    fresh.symlink_to(target)
    os.chown(fresh, *owner, follow_symlinks=False)
    fresh.replace(place)
