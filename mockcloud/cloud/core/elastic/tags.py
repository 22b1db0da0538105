"""Names and tags by AWS' rules."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Final, TypeAlias

from mockcloud.cloud.core.elastic_values import Frontend, TargetGroup
from mockcloud.cloud.core.refusal import Refusal, Why
from mockcloud.cloud.core.values import Balancer

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from mockcloud.cloud.core.state import Draft

Tagged: TypeAlias = Balancer | TargetGroup | Frontend
LONGEST_NAME: Final = 32
_NAME: Final = re.compile(r"[A-Za-z0-9](?:[-A-Za-z0-9]*[A-Za-z0-9])?")
_RESERVED: Final = "aws:"


def check_name(name: str, what: str) -> str:
    """Refusal INVALID for a name that is too long, or has odd characters."""
    if len(name) > LONGEST_NAME:
        raise Refusal(
            Why.INVALID, f"{what} name '{name}' cannot be longer than '{LONGEST_NAME}' characters", "name"
        )
    if not name or name.startswith("-") or name.endswith("-"):
        raise Refusal(
            Why.INVALID, f"{what} name '{name}' cannot be empty, or begin or end with a hyphen(-)", "name"
        )
    if not _NAME.fullmatch(name):
        said = f"{what} name '{name}' can only contain alphanumeric characters and hyphens(-)"
        raise Refusal(Why.INVALID, said, "name")
    if name.startswith("internal-"):
        raise Refusal(Why.INVALID, f"{what} name '{name}' cannot begin with 'internal-'", "name")
    return name


def check_tags(tags: Mapping[str, str], most: int) -> dict[str, str]:
    """Refusal INVALID for a reserved key, QUOTA (field `tags`) for too many."""
    reserved = next((key for key in tags if key.lower().startswith(_RESERVED)), None)
    if reserved is not None:
        raise Refusal(Why.INVALID, f"tag key '{reserved}' is reserved: it begins with '{_RESERVED}'", "tags")
    if len(tags) > most:
        raise Refusal(Why.QUOTA, f"a resource has at most {most} tags", "tags")
    return dict(tags)


def tag(draft: Draft, resource: Tagged, tags: Mapping[str, str], most: int) -> None:
    """Further tags, or other values; Refusal as of check_tags."""
    draft.put(replace(resource, labels=check_tags({**resource.labels, **tags}, most)))


def untag(draft: Draft, resource: Tagged, keys: Iterable[str]) -> None:
    """Without these; keys that it has not are passed over."""
    gone = set(keys)
    left = {key: value for key, value in resource.labels.items() if key not in gone}
    draft.put(replace(resource, labels=left))
