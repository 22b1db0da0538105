"""Which services there are, and what each of them does: operation name -> handler."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from mockcloud.cloud.aws import sts
from mockcloud.cloud.aws.ec2 import operations as ec2
from mockcloud.cloud.aws.elb import operations as elb
from mockcloud.cloud.aws.elbv2 import operations as elbv2

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mockcloud.cloud.aws.handling import Handler

OPERATIONS: Final[Mapping[str, Mapping[str, Handler]]] = {
    "ec2": ec2.OPERATIONS,
    "elb": elb.OPERATIONS,
    "elbv2": elbv2.OPERATIONS,
    "sts": sts.OPERATIONS,
}
