"""A lab's access beside others' in one kubeconfig: put in by `mockcloud kubeconfig --merge`, out by `down`.

Cluster, user and context are called mockcloud-NAME. The file is changed in one step, under the lock that
kubectl takes for `kubectl config` (FILE.lock, made by who may write).
"""

from __future__ import annotations

import contextlib
import json
import os
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import yaml

from mockcloud.lab.errors import LabError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mockcloud.lab.state import LabFolder

KINDS: Final = ("clusters", "users", "contexts")
CURRENT: Final = "current-context"
LOCK_SECONDS: Final = 5.0
EMPTY: Final = {"apiVersion": "v1", "kind": "Config"}


def merge(lab: LabFolder, target: Path) -> None:
    """Put the lab's access into the file, which may not be there yet, as its current context. LabError."""
    lab.read()
    own = json.loads(lab.kubeconfig.read_text())
    with _locked(target):
        document = _read(target)
        _note(lab, target, str(document.get(CURRENT) or ""))
        _write(target, merged(document, own))


def take_out(lab: LabFolder) -> None:
    """Undo what `merge` did for this lab, in each file where it did. LabError."""
    for target, before in _noted(lab).items():
        path = Path(target)
        if not path.exists():
            continue
        with _locked(path):
            _write(path, without(_read(path), f"mockcloud-{lab.name}", before))


def merged(document: dict[str, Any], own: dict[str, Any]) -> dict[str, Any]:
    """The document with the lab's entries in the place of any of these names. Pure."""
    entries = {kind: [*_others(document, kind, own[CURRENT]), *own[kind]] for kind in KINDS}
    return {**EMPTY, **document, **entries, CURRENT: own[CURRENT]}


def without(document: dict[str, Any], name: str, before: str) -> dict[str, Any]:
    """The document without the entries of that name; if it was current, what was so before is. Pure."""
    entries = {kind: _others(document, kind, name) for kind in KINDS}
    known = {one.get("name") for one in entries["contexts"]}
    current = document.get(CURRENT)
    if current == name:
        current = before if before in known else ""
    return {**document, **entries, CURRENT: current}


def _others(document: dict[str, Any], kind: str, name: str) -> list[dict[str, Any]]:
    return [one for one in document.get(kind) or [] if one.get("name") != name]


def _read(path: Path) -> dict[str, Any]:
    try:
        document = yaml.safe_load(path.read_text()) if path.exists() else {}
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        msg = f"{path} cannot be read: {' '.join(str(error).split())}"
        raise LabError(msg) from error
    document = {} if document is None else document
    entries = [document.get(kind) or [] for kind in KINDS] if isinstance(document, dict) else [None]
    if not all(isinstance(each, list) and all(isinstance(one, dict) for one in each) for each in entries):
        msg = f"{path} is no kubeconfig: expected lists of clusters, users and contexts"
        raise LabError(msg)
    found: dict[str, Any] = document
    return found


def _write(path: Path, document: dict[str, Any]) -> None:
    target = path.resolve()  # a link stays one
    fresh = target.with_name(f".{target.name}.mockcloud")
    try:
        with open(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            yaml.safe_dump(document, file, sort_keys=False)
        fresh.replace(target)
    except OSError as error:
        fresh.unlink(missing_ok=True)
        msg = f"{path} cannot be written: {error.strerror}"
        raise LabError(msg) from error


@contextlib.contextmanager
def _locked(path: Path) -> Iterator[None]:
    lock = path.with_name(f"{path.name}.lock")
    deadline = time.monotonic() + LOCK_SECONDS
    while True:
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            os.close(os.open(lock, os.O_CREAT | os.O_EXCL, 0o600))
            break
        except FileExistsError as error:
            if time.monotonic() > deadline:
                msg = f"{path} is locked: {lock} is there. Remove it if no kubectl is at work"
                raise LabError(msg) from error
            time.sleep(0.02)
        except OSError as error:
            msg = f"{path} cannot be changed: {error.strerror}"
            raise LabError(msg) from error
    try:
        yield
    finally:
        lock.unlink(missing_ok=True)


def _noted(lab: LabFolder) -> dict[str, str]:
    """The files that the lab's access is in -> the context that was current before."""
    try:
        found: dict[str, str] = json.loads((lab.path / "merged.json").read_text())
    except (OSError, ValueError):
        return {}
    return found


def _note(lab: LabFolder, target: Path, before: str) -> None:
    """Before it is done, so that `down` finds all."""
    noted = _noted(lab)
    noted.setdefault(str(target.absolute()), before)
    (lab.path / "merged.json").write_text(json.dumps(noted))
