"""The key that signs tokens, and JWTs made and checked by it: PyJWT's one door, and cryptography's.

The libraries are imported when the first token is: a server that meets none does without.
"""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
    from jwt.types import Options

    from mockcloud.kube.json_types import JsonObject

ALGORITHM: Final = "ES256"
"""ECDSA on P-256, which kube-apiserver knows too: a key is made in no time, unlike one for RS256."""


class BadSignature(ValueError):
    """The text is no token of this key."""


def new_key() -> bytes:
    """A new key, as PEM (PKCS #8)."""
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    plain = serialization.NoEncryption()
    key = ec.generate_private_key(ec.SECP256R1())
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)


@dataclass
class SigningKey:
    """A key from its PEM text; ValueError, when it is first used, where that is none."""

    pem: bytes

    def signed(self, claims: JsonObject) -> str:
        """The claims as a token."""
        import jwt

        headers = {"kid": self.key_id, "typ": None}
        return jwt.encode(claims, self._private, algorithm=ALGORITHM, headers=headers)

    def claims(self, token: str) -> JsonObject:
        """What a token of this key says, whatever the time is; BadSignature."""
        import jwt

        signature_alone: Options = {
            "verify_signature": True,
            "verify_exp": False,
            "verify_nbf": False,
            "verify_iat": False,
            "verify_aud": False,
            "verify_iss": False,
            "verify_sub": False,
            "verify_jti": False,
        }
        try:
            found: JsonObject = jwt.decode(
                token, self._private.public_key(), algorithms=[ALGORITHM], options=signature_alone
            )
        except jwt.InvalidTokenError as exc:
            raise BadSignature(str(exc)) from exc
        return found

    @cached_property
    def key_id(self) -> str:
        """The SHA-256 digest of the public key, as kube-apiserver names keys."""
        from cryptography.hazmat.primitives import serialization

        public = self._private.public_key()
        form = serialization.PublicFormat.SubjectPublicKeyInfo
        digest = hashlib.sha256(public.public_bytes(serialization.Encoding.DER, form)).digest()
        return base64.urlsafe_b64encode(digest).decode().rstrip("=")

    def public_keys(self) -> JsonObject:
        """The JSON Web Key Set (RFC 7517) by which others check tokens."""
        from jwt.algorithms import ECAlgorithm

        key: dict[str, Any] = ECAlgorithm.to_jwk(self._private.public_key(), as_dict=True)
        return {"keys": [{"use": "sig", "kid": self.key_id, "alg": ALGORITHM, **key}]}

    @cached_property
    def _private(self) -> EllipticCurvePrivateKey:
        from cryptography.hazmat.primitives import serialization
        from cryptography.hazmat.primitives.asymmetric import ec

        key = serialization.load_pem_private_key(self.pem, password=None)
        if not isinstance(key, ec.EllipticCurvePrivateKey):
            msg = f"the key for service account tokens is a {type(key).__name__}: expected one of P-256"
            raise ValueError(msg)
        return key
