"""Actions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from mockcloud.cloud.core.values import (
    Address,
    Operation,
    Ref,
    ResourceKind,
    Use,
)
from mockcloud.cloud.hetzner.rendering.offers import time

if TYPE_CHECKING:
    from mockcloud.cloud.hetzner.replies import Json
    from mockcloud.cloud.service import CloudService


_TYPES: Final = {
    ResourceKind.INSTANCE: "server",
    ResourceKind.BALANCER: "load_balancer",
    ResourceKind.NETWORK: "network",
    ResourceKind.CERTIFICATE: "certificate",
}


def action(cloud: CloudService, operation: Operation) -> Json:
    """An action, as far as it has got by now."""
    now = cloud.clock.now()
    running = operation.is_running(now)
    failure = operation.failure
    error = (
        {"code": failure.code, "message": failure.message} if failure is not None and not running else None
    )
    return {
        "id": operation.id,
        "command": operation.command,
        "status": "running" if running else "error" if error else "success",
        "progress": operation.progress(now),
        "started": time(operation.started),
        "finished": None if running else time(operation.ends),
        "resources": [{"id": each.id, "type": _type(cloud, each)} for each in operation.resources],
        "error": error,
    }


def _type(cloud: CloudService, ref: Ref) -> str:
    found = cloud.state.find(Address, ref.id) if ref.kind is ResourceKind.ADDRESS else None
    if ref.kind is ResourceKind.ADDRESS:
        return "floating_ip" if found is not None and found.use is Use.FLOATING else "primary_ip"
    return _TYPES[ref.kind]
