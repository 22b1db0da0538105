"""Certificates for TLS that ends at a balancer."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mockcloud.cloud.core.balancers import certificates_in_use
from mockcloud.cloud.core.refusal import Refusal, Why
from mockcloud.cloud.core.resources import check_labels, check_room, unique_name
from mockcloud.cloud.core.values import Certificate, CertificateKind, Labels, ResourceKind

if TYPE_CHECKING:
    from mockcloud.cloud.core.catalogue import Catalogue
    from mockcloud.cloud.core.state import Draft
    from mockcloud.cloud.core.values import Operation


@dataclass(frozen=True, slots=True)
class NewCertificate:
    """What is kept of it, read from its text by who can read it; times are seconds, UNIX."""

    name: str
    kind: CertificateKind
    domains: tuple[str, ...]
    pem: str
    fingerprint: str
    not_before: float
    not_after: float
    labels: Labels = field(default_factory=dict)
    key: str = ""  # in PEM


def create(
    draft: Draft, wanted: NewCertificate, catalogue: Catalogue
) -> tuple[Certificate, Operation | None]:
    """A certificate; one that the cloud gets takes an operation. Refusal NOT_UNIQUE, QUOTA, INVALID."""
    check_room(draft.state, catalogue, ResourceKind.CERTIFICATE)
    unique_name(draft.state, Certificate, wanted.name)
    made = draft.put(
        Certificate(
            draft.new_id(ResourceKind.CERTIFICATE),
            wanted.name,
            draft.now,
            wanted.kind,
            wanted.domains,
            wanted.pem,
            wanted.fingerprint,
            wanted.not_before,
            wanted.not_after,
            check_labels(wanted.labels),
            wanted.key,
        )
    )
    managed = wanted.kind is CertificateKind.MANAGED
    return made, draft.begin("create_certificate", made) if managed else None


def delete(draft: Draft, certificate: Certificate) -> None:
    """It is gone; Refusal IN_USE."""
    if certificate.id in certificates_in_use(draft.state):
        raise Refusal(Why.IN_USE, f"certificate {certificate.name} is in use")
    draft.drop(certificate)
