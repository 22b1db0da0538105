"""PKCS#10 requests, read and signed: cryptography's other door.

It is heavy and wanted only where somebody asks for a certificate: it is imported with the first request.
"""

from base64 import b64decode
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from cryptography import x509

LONGEST: Final = timedelta(days=365)
SHORTEST: Final = timedelta(minutes=10)
BACKDATED: Final = timedelta(minutes=5)
"""As kube-controller-manager: clocks differ."""
SHORT: Final = timedelta(hours=8)
"""A certificate that is good for no longer begins now."""
EXTENDED: Final = {
    "server auth": "SERVER_AUTH",
    "client auth": "CLIENT_AUTH",
    "code signing": "CODE_SIGNING",
    "email protection": "EMAIL_PROTECTION",
    "timestamping": "TIME_STAMPING",
    "ocsp signing": "OCSP_SIGNING",
}
KEY_USAGES: Final = {
    "digital signature": "digital_signature",
    "signing": "digital_signature",
    "content commitment": "content_commitment",
    "key encipherment": "key_encipherment",
    "data encipherment": "data_encipherment",
    "key agreement": "key_agreement",
    "cert sign": "key_cert_sign",
    "crl sign": "crl_sign",
}


class NotReadable(ValueError):
    """It is no request; the message is upstream's."""


@dataclass(frozen=True, slots=True)
class CertificateRequest:
    """What a request names."""

    common_name: str
    organizations: tuple[str, ...]
    dns_names: tuple[str, ...]
    addresses: tuple[str, ...]
    others: bool  # mail addresses or URIs
    parsed: "x509.CertificateSigningRequest"


@dataclass(frozen=True, slots=True)
class Authority:
    """Whose certificates the API trusts: PEM."""

    certificate: bytes
    key: bytes


def read_request(text: str) -> CertificateRequest:
    """From a request's PEM in base64, as the API carries it; NotReadable."""
    from cryptography import x509
    from cryptography.exceptions import UnsupportedAlgorithm

    try:
        content = b64decode(text, validate=True)
    except ValueError:  # binascii.Error among them
        content = b""
    if b"-----BEGIN CERTIFICATE REQUEST-----" not in content:
        message = "PEM block type must be CERTIFICATE REQUEST"
        raise NotReadable(message)
    unreadable = (x509.DuplicateExtension, x509.InvalidVersion, x509.UnsupportedGeneralNameType)
    try:
        parsed = x509.load_pem_x509_csr(content)
        is_signed, found = parsed.is_signature_valid, _named(parsed)
    # Parts are read when they are asked for, and each in its own way may be none.
    except (ValueError, TypeError, UnsupportedAlgorithm, *unreadable) as error:
        message = f"the certificate request cannot be read: {error}"
        raise NotReadable(message) from error
    if not is_signed:
        message = "x509: invalid signature: the request is not signed by the key that it names"
        raise NotReadable(message)
    return found


def _named(parsed: "x509.CertificateSigningRequest") -> CertificateRequest:
    from cryptography import x509
    from cryptography.x509.oid import NameOID

    def values(oid: x509.ObjectIdentifier) -> tuple[str, ...]:
        return tuple(str(each.value) for each in parsed.subject.get_attributes_for_oid(oid))

    try:
        names = parsed.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        names = x509.SubjectAlternativeName([])
    others = [each for each in names if not isinstance(each, x509.DNSName | x509.IPAddress)]
    return CertificateRequest(
        next(iter(values(NameOID.COMMON_NAME)), ""),
        values(NameOID.ORGANIZATION_NAME),
        tuple(names.get_values_for_type(x509.DNSName)),
        tuple(str(each) for each in names.get_values_for_type(x509.IPAddress)),
        bool(others),
        parsed,
    )


def lifetime(seconds: int | None) -> timedelta:
    """How long a certificate is good that is to be for so many seconds."""
    return LONGEST if seconds is None else min(LONGEST, max(SHORTEST, timedelta(seconds=seconds)))


def signed(
    request: CertificateRequest, usages: Sequence[str], seconds: int | None, by: Authority, now: float
) -> bytes:
    """The certificate, as PEM; `now` in seconds since the epoch."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec, rsa
    from cryptography.x509.oid import ExtendedKeyUsageOID

    issuer = x509.load_pem_x509_certificate(by.certificate)
    key = serialization.load_pem_private_key(by.key, None)
    if not isinstance(key, ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey):
        msg = f"the authority's key is a {type(key).__name__}: expected an elliptic curve's or RSA's"
        raise TypeError(msg)
    length, since = lifetime(seconds), datetime.fromtimestamp(now, UTC)
    begin = since if length <= SHORT else since - BACKDATED
    builder = (
        x509.CertificateBuilder(issuer.subject, request.parsed.subject, request.parsed.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begin)
        .not_valid_after(min(begin + length, issuer.not_valid_after_utc))
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
    )
    if set(usages) & set(KEY_USAGES):  # one that names no use is no valid certificate
        builder = builder.add_extension(_key_usage(usages), critical=True)
    if extended := [getattr(ExtendedKeyUsageOID, EXTENDED[each]) for each in usages if each in EXTENDED]:
        builder = builder.add_extension(x509.ExtendedKeyUsage(extended), critical=False)
    for extension in request.parsed.extensions:
        if isinstance(extension.value, x509.SubjectAlternativeName):
            builder = builder.add_extension(extension.value, critical=extension.critical)
    return builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)


def _key_usage(usages: Sequence[str]) -> "x509.KeyUsage":
    from cryptography import x509

    wanted = {KEY_USAGES[each] for each in usages if each in KEY_USAGES}
    flags = {name: name in wanted for name in KEY_USAGES.values()}
    return x509.KeyUsage(**flags, encipher_only=False, decipher_only=False)
