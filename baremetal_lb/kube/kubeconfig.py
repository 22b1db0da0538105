"""Where the way to a cluster is written, as kubectl looks for it, and what is wrong with it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import yaml

from baremetal_lb.kube.errors import KubeconfigError

if TYPE_CHECKING:
    from collections.abc import Mapping

EXPECTED: Final = "expected a kubeconfig with clusters, users, contexts and current-context"
KEYS: Final = frozenset({"clusters", "users", "contexts", "current-context"})
NO_CLUSTER: Final = (
    "no cluster is named: give --kubeconfig FILE, or set KUBECONFIG; there is no ~/.kube/config, and this "
    "does not run in a pod of a cluster"
)


@dataclass(frozen=True, slots=True)
class Source:
    """Files that together are the kubeconfig, and who named them."""

    origin: str
    paths: tuple[Path, ...]

    def __str__(self) -> str:
        return f"kubeconfig {':'.join(map(str, self.paths))!r} ({self.origin})"


def locate(given: Path | None, environment: Mapping[str, str], home: Path) -> Source | None:
    """The file given, else those of $KUBECONFIG, else ~/.kube/config; None: as a pod of the cluster.

    KubeconfigError where none of those that are named is there.
    """
    if given is not None:
        return Source("--kubeconfig", (given,))
    named = tuple(Path(each) for each in environment.get("KUBECONFIG", "").split(":") if each)
    there = tuple(each for each in named if each.exists())
    if named and not there:
        msg = (
            f"{Source('$KUBECONFIG', named)} does not exist; set KUBECONFIG to a file that does, or unset it"
        )
        raise KubeconfigError(msg)
    if there:
        return Source("$KUBECONFIG", there)
    own = home / ".kube" / "config"
    return Source("~/.kube/config", (own,)) if own.exists() else None


def check(source: Source) -> None:
    """KubeconfigError, with what was found and what is to be done, where the files name no cluster."""
    merged: dict[str, Any] = {}
    for path in source.paths:
        for key, value in _read(source, path).items():
            if isinstance(value, list):
                merged[key] = [*(merged.get(key) or []), *value]
            else:
                merged.setdefault(key, value)
    current, contexts = merged.get("current-context"), _named(merged, "contexts")
    known = ", ".join(contexts) or "none"
    if not current:
        msg = f"{source} has no current-context; kubectl config use-context chooses one of: {known}"
        raise KubeconfigError(msg)
    if current not in contexts:
        msg = f"{source}: current-context is {current!r}, which is not one of its contexts: {known}"
        raise KubeconfigError(msg)
    context = contexts[current].get("context") or {}
    for key, plural in (("cluster", "clusters"), ("user", "users")):
        entries = _named(merged, plural)
        if context.get(key) not in entries:
            names = ", ".join(entries) or "none"
            msg = f"{source}: context {current!r} has {key} {context.get(key)!r}; there are: {names}"
            raise KubeconfigError(msg)


def _read(source: Source, path: Path) -> dict[str, Any]:
    try:
        found = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as exc:
        msg = f"{source} can't be read: {exc}"
        raise KubeconfigError(msg) from exc
    except yaml.YAMLError as exc:
        mark = getattr(exc, "problem_mark", None)
        where = f"line {mark.line + 1}: {getattr(exc, 'problem', '')}" if mark else " ".join(str(exc).split())
        msg = f"{source} is not YAML: {where}"
        raise KubeconfigError(msg) from exc
    if found is None:
        msg = f"{source} is empty; {EXPECTED}"
        raise KubeconfigError(msg)
    if not isinstance(found, dict) or not KEYS & found.keys():
        what = f"has {', '.join(map(str, found))[:100]}" if isinstance(found, dict) else "is not a mapping"
        msg = f"{source} {what}; {EXPECTED}"
        raise KubeconfigError(msg)
    return found


def _named(merged: Mapping[str, Any], key: str) -> dict[str, dict[str, Any]]:
    entries = merged.get(key)
    found = [each for each in entries if isinstance(each, dict)] if isinstance(entries, list) else []
    return {str(each.get("name")): each for each in found}
