"""Pod specs that a real API refuses, and why, in its words: asked of it again by conformance."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import yaml

_FILE: Final = Path(__file__).with_suffix(".yaml")


@dataclass(frozen=True, slots=True)
class RefusedPod:
    """One row: the spec, and `field: message` of each cause, in order."""

    name: str
    spec: dict[str, Any]
    causes: list[str]


def refused_pods() -> list[RefusedPod]:
    """All rows; a spec without containers gets a plain one."""
    plain = {"containers": [{"name": "c", "image": "nginx"}]}
    rows = yaml.safe_load(_FILE.read_text())
    return [RefusedPod(row["name"], {**plain, **row["spec"]}, row["causes"]) for row in rows]
