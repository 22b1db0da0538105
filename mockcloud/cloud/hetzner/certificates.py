"""/certificates."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization

from mockcloud.cloud.core import certificates
from mockcloud.cloud.core.certificates import NewCertificate
from mockcloud.cloud.core.values import Certificate, CertificateKind, ResourceKind
from mockcloud.cloud.hetzner.handlers import CREATED, NO_CONTENT, Collection, Route
from mockcloud.cloud.hetzner.rendering.actions import action as render_action
from mockcloud.cloud.hetzner.rendering.certificates import certificate as render_certificate
from mockcloud.cloud.hetzner.replies import Reply, Request, invalid
from mockcloud.cloud.hetzner.requests import CreateCertificate, read

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mockcloud.cloud.service import CloudService

MANAGED_DAYS: Final = 90.0
CERTIFICATES: Final[Collection[Certificate]] = Collection(
    "certificates",
    "certificate",
    ResourceKind.CERTIFICATE,
    lambda cloud: cloud.state.tables[ResourceKind.CERTIFICATE],
    render_certificate,
)


def routes() -> list[Route]:
    """All that certificates have."""
    return [
        *CERTIFICATES.routes(),
        Route("POST", "/certificates", _create),
        Route("DELETE", "/certificates/{}", _delete),
    ]


def _create(cloud: CloudService, request: Request, _: Sequence[int]) -> Reply:
    body = read(CreateCertificate, request.body)
    wanted = _uploaded(body) if body.type == "uploaded" else _managed(body, cloud.clock.now())
    made, operation = cloud.run(lambda draft: certificates.create(draft, wanted, cloud.catalogue))
    begun = render_action(cloud, operation) if operation is not None else None
    return Reply(CREATED, {"certificate": render_certificate(cloud, made), "action": begun})


def _delete(cloud: CloudService, _request: Request, ids: Sequence[int]) -> Reply:
    each = CERTIFICATES.get(cloud, ids[0])
    cloud.run(lambda draft: certificates.delete(draft, each))
    return Reply(NO_CONTENT)


def _managed(body: CreateCertificate, now: float) -> NewCertificate:
    """The cloud would get it from an authority; there is none, so there is no text."""
    if not body.domain_names:
        raise invalid({"domain_names": ["is required with type managed"]})
    ends = now + MANAGED_DAYS * 86_400
    domains = tuple(body.domain_names)
    return NewCertificate(body.name, CertificateKind.MANAGED, domains, "", "", now, ends, body.labels)


def _uploaded(body: CreateCertificate) -> NewCertificate:
    """Read a certificate and its key, which have to belong together."""
    if not body.certificate or not body.private_key:
        missing = {"certificate": body.certificate, "private_key": body.private_key}
        raise invalid(
            {name: ["is required with type uploaded"] for name, text in missing.items() if not text}
        )
    try:
        found = x509.load_pem_x509_certificates(body.certificate.encode())[0]
    except (ValueError, IndexError) as error:
        raise invalid({"certificate": [f"not a certificate in PEM: {error}"]}) from error
    try:
        key = serialization.load_pem_private_key(body.private_key.encode(), None)
    except (ValueError, TypeError) as error:
        raise invalid({"private_key": [f"not a private key in PEM: {error}"]}) from error
    if _public(key.public_key()) != _public(found.public_key()):
        raise invalid({"private_key": ["does not belong to the certificate"]})
    return NewCertificate(
        body.name,
        CertificateKind.UPLOADED,
        tuple(_domains(found)),
        body.certificate,
        ":".join(f"{each:02x}" for each in found.fingerprint(hashes.SHA256())),
        _seconds(found.not_valid_before_utc),
        _seconds(found.not_valid_after_utc),
        body.labels,
        body.private_key,
    )


def _public(key: object) -> bytes:
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    return key.public_bytes(serialization.Encoding.DER, form)  # type: ignore[attr-defined,no-any-return]


def _domains(found: x509.Certificate) -> list[str]:
    try:
        names = found.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return []
    return list(names.get_values_for_type(x509.DNSName))


def _seconds(at: datetime) -> float:
    return at.astimezone(UTC).timestamp()
