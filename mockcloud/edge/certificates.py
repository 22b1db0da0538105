"""The files in which HAProxy finds certificates with their keys."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from mockcloud.cloud.core.values import Certificate


class CertificateFiles:
    """One file a certificate, for its owner's eyes only."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._kept: dict[int, tuple[str, str]] = {}  # id -> fingerprint of what is in it, path

    def keep(self, certificates: Iterable[Certificate]) -> dict[int, str]:
        """Write what is new, remove what is gone: the path of each that can be used."""
        wanted = {each.id: each for each in certificates}
        for number in self._kept.keys() - wanted.keys():
            os.unlink(self._kept.pop(number)[1])
        for number, each in wanted.items():
            if number not in self._kept:
                self._kept[number] = (each.fingerprint, self._write(each))
        return {number: path for number, (_, path) in self._kept.items()}

    def _write(self, certificate: Certificate) -> str:
        pem = f"{certificate.pem.strip()}\n{certificate.key.strip()}\n"
        if not certificate.key:
            pem = _self_signed(certificate)
        path = self._folder / f"certificate-{certificate.id}.pem"
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            file.write(pem)
        return str(path)


def _self_signed(certificate: Certificate) -> str:
    """What stands for one that the cloud would get from an authority."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, certificate.domains[0][:64])])
    names = x509.SubjectAlternativeName([x509.DNSName(each) for each in certificate.domains])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(datetime.fromtimestamp(certificate.not_before, UTC))
        .not_valid_after(datetime.fromtimestamp(certificate.not_after, UTC))
        .add_extension(names, critical=False)
        .sign(key, hashes.SHA256())
    )
    form, plain = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    pem = serialization.Encoding.PEM
    return made.public_bytes(pem).decode() + key.private_bytes(pem, form, plain).decode()
