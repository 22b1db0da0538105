"""Tags, as AWS' load balancing services send them: lists of a key and a value."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mockcloud.cloud.aws.errors import AwsError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


def read_tags(given: Sequence[dict[str, Any]]) -> dict[str, str]:
    """AwsError DuplicateTagKeys; a tag without a value has an empty one."""
    tags = {each["Key"]: each.get("Value", "") for each in given}
    if len(tags) < len(given):
        raise AwsError("DuplicateTagKeys", "Tag keys must be unique: a key was specified more than once")
    return tags


def tag_list(tags: Mapping[str, str]) -> list[dict[str, str]]:
    """As answers have them."""
    return [{"Key": key, "Value": value} for key, value in tags.items()]
