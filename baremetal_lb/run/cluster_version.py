"""Looks at the cluster's version once, when the API first answers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import structlog
from tenacity import AsyncRetrying, retry_if_exception

from baremetal_lb.decide.cluster_version import judge
from baremetal_lb.kube.errors import KubeError
from baremetal_lb.kube.retry_log import RetryLog
from baremetal_lb.kube.watch import BackOff
from baremetal_lb.model.errors import ClusterTooOld

if TYPE_CHECKING:
    from baremetal_lb.kube.client import Client

log = structlog.get_logger("daemon")


async def check_cluster_version(client: Client) -> None:
    """Say what is to be said of it; ClusterTooOld where it cannot be served. Waits for the API."""
    retrying = AsyncRetrying(
        wait=BackOff(),
        retry=retry_if_exception(_temporary),
        before_sleep=RetryLog(log, "cannot ask for the cluster's version, trying again"),
        reraise=True,
    )
    try:
        age = judge(await retrying(client.version))
    except KubeError as exc:  # it is not told to us; all else may work
        log.info("the cluster's version is not known", error=str(exc))
        return
    if age.is_too_old:
        raise ClusterTooOld(age.remark)
    if age.remark:
        log.warning("the cluster is old", remark=age.remark)


def _temporary(error: BaseException) -> bool:
    return isinstance(error, KubeError) and error.worth_retrying
