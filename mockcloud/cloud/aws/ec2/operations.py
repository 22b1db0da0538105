"""What is served of ec2."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mockcloud.cloud.aws.handling import Handler

OPERATIONS: Final[Mapping[str, Handler]] = {}
