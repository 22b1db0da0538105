"""Certificates."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mockcloud.cloud.core.balancers import certificates_in_use
from mockcloud.cloud.core.values import (
    Certificate,
    Ref,
    ResourceKind,
)
from mockcloud.cloud.hetzner.rendering.offers import time

if TYPE_CHECKING:
    from mockcloud.cloud.hetzner.replies import Json
    from mockcloud.cloud.service import CloudService


def certificate(cloud: CloudService, each: Certificate) -> Json:
    """A certificate; how far the cloud is with one that it gets itself."""
    status = None
    if each.kind == "managed":
        last = cloud.state.last_operation.get(Ref(ResourceKind.CERTIFICATE, each.id))
        pending = last is not None and last.is_running(cloud.clock.now())
        status = {"issuance": "pending" if pending else "completed", "renewal": "unavailable", "error": None}
    users = certificates_in_use(cloud.state).get(each.id, [])
    return {
        "id": each.id,
        "name": each.name,
        "labels": each.labels,
        "type": each.kind.value,
        "certificate": each.pem,
        "created": time(each.created),
        "not_valid_before": time(each.not_before),
        "not_valid_after": time(each.not_after),
        "domain_names": list(each.domains),
        "fingerprint": each.fingerprint,
        "status": status,
        "used_by": [{"id": number, "type": "load_balancer"} for number in users],
    }
