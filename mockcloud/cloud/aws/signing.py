"""Signature Version 4, checked as AWS does: by header or in the URL; only HMAC, whose keys both sides have.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
"""

from __future__ import annotations

import hashlib
import hmac
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qsl, quote

from mockcloud.cloud.aws.errors import AwsError
from mockcloud.cloud.core.numbers import number_within
from mockcloud.cloud.environment import REGION

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mockcloud.cloud.keys import KeyPair

ALGORITHM: Final = "AWS4-HMAC-SHA256"
SKEW: Final = timedelta(minutes=15)
LONGEST: Final = 604_800  # seconds, of a signed URL: a week
_STAMP: Final = "%Y%m%dT%H%M%SZ"
_FORM: Final = "application/x-www-form-urlencoded"


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """As it was sent. Header names in lower case; `query` is raw."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes

    def form(self) -> list[tuple[str, str]]:
        """The parameters, of URL and body."""
        found = parse_qsl(self.query, keep_blank_values=True)
        if self.headers.get("content-type", "").startswith(_FORM):
            found += parse_qsl(self.body.decode("utf-8", "replace"), keep_blank_values=True)
        return found


@dataclass(frozen=True, slots=True)
class Signature:
    """What a request claims. `credential`: key id, date, region, service, and "aws4_request"."""

    credential: tuple[str, ...]
    headers: tuple[str, ...]
    value: str
    stamp: str
    expires: int | None = None  # seconds; None: signed by header
    token: str = ""

    @property
    def service(self) -> str:
        """For which it is signed."""
        return self.credential[3]


def signature_of(request: HttpRequest) -> Signature | None:
    """What signs a request, None where nothing does. AwsError IncompleteSignature for half of it."""
    query = dict(parse_qsl(request.query, keep_blank_values=True))
    if "X-Amz-Algorithm" in query:
        parts = {
            "Credential": query.get("X-Amz-Credential", ""),
            "SignedHeaders": query.get("X-Amz-SignedHeaders", ""),
            "Signature": query.get("X-Amz-Signature", ""),
        }
        expires = query.get("X-Amz-Expires", "")
        lifetime = number_within(expires, 1, LONGEST)
        if lifetime is None:
            raise _incomplete(f"X-Amz-Expires must be between 1 and {LONGEST} seconds, not '{expires}'")
        date, token = query.get("X-Amz-Date", ""), query.get("X-Amz-Security-Token", "")
        return _signature(query["X-Amz-Algorithm"], parts, date, lifetime, token)
    given = request.headers.get("authorization")
    if given is None:
        return None
    algorithm, _, rest = given.partition(" ")
    parts = {
        key.strip(): value.strip() for key, _, value in (each.partition("=") for each in rest.split(","))
    }
    headers = request.headers
    date, token = headers.get("x-amz-date", ""), headers.get("x-amz-security-token", "")
    return _signature(algorithm, parts, date, None, token)


def _signature(
    algorithm: str, parts: Mapping[str, str], stamp: str, expires: int | None, token: str
) -> Signature:
    if algorithm != ALGORITHM:
        raise _incomplete(f"Unsupported AWS 'algorithm': '{algorithm}'. Expected {ALGORITHM}")
    for name in ("Credential", "SignedHeaders", "Signature"):
        if not parts.get(name):
            raise _incomplete(f"Authorization header requires '{name}' parameter.")
    credential = tuple(parts["Credential"].split("/"))
    if len(credential) != 5 or credential[4] != "aws4_request":
        raise _incomplete(
            f"Credential must have exactly 5 slash-delimited elements, not '{parts['Credential']}'"
        )
    if not re.fullmatch(r"\d{8}T\d{6}Z", stamp):
        raise _incomplete("Date must be in ISO-8601 'basic format', in X-Amz-Date.")
    headers = tuple(parts["SignedHeaders"].lower().split(";"))
    return Signature(credential, headers, parts["Signature"], stamp, expires, token)


def check(request: HttpRequest, claimed: Signature | None, keys: KeyPair, service: str, now: float) -> None:
    """AwsError, unless it was signed with these keys, for that service (its signing name), a moment ago."""
    if claimed is None:
        raise _missing(service)
    if claimed.credential[0] != keys.id or claimed.token:
        raise _unknown(service)
    _check_scope(claimed, service)
    _check_time(claimed, service, datetime.fromtimestamp(now, UTC))
    if not hmac.compare_digest(_computed(request, claimed, keys).encode(), _bytes(claimed.value)):
        raise _mismatch(
            "The request signature we calculated does not match the signature you provided. Check your AWS "
            "Secret Access Key and signing method. Consult the service documentation for details."
        )


def _check_scope(claimed: Signature, service: str) -> None:
    _, date, region, scope, _ = claimed.credential
    if region != REGION:
        said = f"Credential should be scoped to a valid region, not '{region}'. This cloud is in '{REGION}'."
        raise _mismatch(said)
    if scope != service:
        raise _mismatch(f"Credential should be scoped to correct service: '{service}'.")
    if not claimed.stamp.startswith(date):
        said = "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP:"
        raise _mismatch(f"{said} '{date}' != '{claimed.stamp[:8]}', from '{claimed.stamp}'.")
    if "host" not in claimed.headers:
        raise _mismatch("'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.")


def _check_time(claimed: Signature, service: str, now: datetime) -> None:
    try:
        signed = datetime.fromisoformat(claimed.stamp)  # its form was looked at before
    except ValueError as error:
        raise _incomplete(f"Date must be in ISO-8601 'basic format', not '{claimed.stamp}'.") from error
    after = SKEW if claimed.expires is None else timedelta(seconds=claimed.expires)
    if now - after <= signed <= now + SKEW:
        return
    if service == "ec2":
        raise AwsError("RequestExpired", "Request has expired.")
    at = f"{now:{_STAMP}}"
    if signed < now:
        minutes = after.total_seconds() / 60
        said = f"Signature expired: {claimed.stamp} is now earlier than {now - after:{_STAMP}}"
        raise _mismatch(f"{said} ({at} - {minutes:g} min.)")
    said = f"Signature not yet current: {claimed.stamp} is still later than {now + SKEW:{_STAMP}}"
    raise _mismatch(f"{said} ({at} + 15 min.)")


def _computed(request: HttpRequest, claimed: Signature, keys: KeyPair) -> str:
    scope = "/".join(claimed.credential[1:])
    asked = hashlib.sha256(_bytes(_canonical(request, claimed))).hexdigest()
    key = _signing_key(keys.secret, *claimed.credential[1:4])
    return hmac.digest(key, f"{ALGORITHM}\n{claimed.stamp}\n{scope}\n{asked}".encode(), "sha256").hex()


def _bytes(text: str) -> bytes:
    """As they came: in a header there may be bytes that are no UTF-8."""
    return text.encode(errors="surrogateescape")


@lru_cache(maxsize=64)
def _signing_key(secret: str, date: str, region: str, service: str) -> bytes:
    key = f"AWS4{secret}".encode()
    for part in (date, region, service, "aws4_request"):
        key = hmac.digest(key, part.encode(), "sha256")
    return key


def _canonical(request: HttpRequest, claimed: Signature) -> str:
    pairs = parse_qsl(request.query, keep_blank_values=True)
    query = sorted(
        (quote(key, safe="-_.~"), quote(value, safe="-_.~"))
        for key, value in pairs
        if key != "X-Amz-Signature"
    )
    headers = (f"{name}:{' '.join(request.headers.get(name, '').split())}" for name in claimed.headers)
    return "\n".join(
        (
            request.method,
            quote(request.path, safe="/-_.~"),
            "&".join(f"{key}={value}" for key, value in query),
            *headers,
            "",
            ";".join(claimed.headers),
            hashlib.sha256(request.body).hexdigest(),
        )
    )


def _incomplete(message: str) -> AwsError:
    return AwsError("IncompleteSignature", message)


def _mismatch(message: str) -> AwsError:
    return AwsError("SignatureDoesNotMatch", message, 403)


def _missing(service: str) -> AwsError:
    if service == "ec2":
        return AwsError(
            "AuthFailure", "AWS was not able to authenticate the request: access credentials are missing", 401
        )
    return AwsError("MissingAuthenticationToken", "Request is missing Authentication Token", 403)


def _unknown(service: str) -> AwsError:
    if service == "ec2":
        return AwsError("AuthFailure", "AWS was not able to validate the provided access credentials", 401)
    return AwsError("InvalidClientTokenId", "The security token included in the request is invalid.", 403)
