"""Whether a Secret has a certificate and key that HAProxy can serve, and the one for all other names."""

from __future__ import annotations

import base64
import binascii
import ssl
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

import trustme

from mockcloud.ingress.decide.views import Certificate

if TYPE_CHECKING:
    from mockcloud.client.objects import Object

DEFAULT_NAME: Final = "ingress.mockcloud.test"
_NO_PASSWORD: Final = b""


def certificate(secret: Object) -> Certificate:
    """What is in it, tried by the library that HAProxy uses, which would not start with a bad one."""
    data = secret.get("data") or {}
    try:
        chain, key = (base64.b64decode(data.get(name) or "").decode() for name in ("tls.crt", "tls.key"))
    except (binascii.Error, UnicodeDecodeError):
        return Certificate("", "its tls.crt and tls.key are not PEM")
    pem = f"{chain.strip()}\n{key.strip()}\n"
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "pem"
        path.touch(0o600)
        path.write_text(pem)
        try:
            ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(path, password=lambda: _NO_PASSWORD)
        except (ssl.SSLError, OSError) as error:
            reason = getattr(error, "reason", None) or str(error)
            words = str(reason).lower().replace("_", " ")
            return Certificate("", f"its tls.crt and tls.key cannot be used together ({words})")
    return Certificate(pem)


def self_signed() -> str:
    """For names that no Ingress has a certificate for."""
    made: trustme.LeafCert = trustme.CA().issue_cert(DEFAULT_NAME)
    pem: bytes = made.private_key_and_cert_chain_pem.bytes()
    return pem.decode()
