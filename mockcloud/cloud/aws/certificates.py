"""Certificates by AWS' names: ACM's, made of the core's ids, and IAM's, which have a name."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from mockcloud.cloud.aws.account import ACCOUNT, PARTITION, arn
from mockcloud.cloud.core.values import Certificate

if TYPE_CHECKING:
    from mockcloud.cloud.core.state import State

_MANAGED: Final = re.compile(
    re.escape(arn("acm", "certificate/")) + r"00000000-0000-4000-8000-([0-9a-f]{12})"
)
_UPLOADED: Final = re.compile(rf"arn:{PARTITION}:iam::{ACCOUNT}:server-certificate/(.+)")


def certificate_arn(number: int) -> str:
    """Of a certificate by the core's id."""
    return arn("acm", f"certificate/00000000-0000-4000-8000-{number:012x}")


def find_certificate(state: State, text: str) -> Certificate | None:
    """By either name; None: there is none."""
    managed = _MANAGED.fullmatch(text)
    if managed is not None:
        return state.find(Certificate, int(managed[1], 16))
    uploaded = _UPLOADED.fullmatch(text)
    return state.named(Certificate, uploaded[1]) if uploaded is not None else None
