"""sts: who one is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from mockcloud.cloud.aws.account import ACCOUNT, PARTITION

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mockcloud.cloud.aws.handling import Handler
    from mockcloud.cloud.service import CloudService


def get_caller_identity(_cloud: CloudService, _wanted: dict[str, Any]) -> dict[str, Any]:
    """The one user that there is."""
    arn = f"arn:{PARTITION}:iam::{ACCOUNT}:user/mockcloud"
    return {"UserId": "AIDAMOCKCLOUDEXAMPLE", "Account": ACCOUNT, "Arn": arn}


OPERATIONS: Final[Mapping[str, Handler]] = {"GetCallerIdentity": get_caller_identity}
