"""Signatures, made by botocore, checked by the cloud."""

from datetime import UTC, datetime

import pytest
from botocore.auth import SigV4Auth, SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from hypothesis import given, settings
from hypothesis import strategies as st

from mockcloud.cloud.aws.errors import AwsError
from mockcloud.cloud.aws.signing import HttpRequest, check, signature_of
from mockcloud.cloud.keys import KeyPair

KEYS = KeyPair("AKIAIOSFODNN7EXAMPLE", "s3cret")
BODY = b"Action=GetCallerIdentity&Version=2011-06-15"
FORM = {"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"}
MINUTE = 60.0


def sent(asked: AWSRequest) -> HttpRequest:
    """As the server gets it."""
    prepared = asked.prepare()
    _, _, rest = prepared.url.partition("://")
    host, _, path = rest.partition("/")
    path, _, query = path.partition("?")
    headers = {"host": host, **{name.lower(): value for name, value in prepared.headers.items()}}
    return HttpRequest(prepared.method, f"/{path}", query, headers, prepared.body or b"")


def signed(
    body: bytes = BODY,
    url: str = "http://127.0.0.1:8077/",
    *,
    keys: KeyPair = KEYS,
    service: str = "sts",
    region: str = "eu-central-1",
) -> HttpRequest:
    """By header."""
    asked = AWSRequest("POST", url, headers=dict(FORM), data=body)
    SigV4Auth(Credentials(keys.id, keys.secret), service, region).add_auth(asked)
    return sent(asked)


def presigned(expires: int) -> HttpRequest:
    """In the URL."""
    asked = AWSRequest("GET", f"http://127.0.0.1:8077/?{BODY.decode()}")
    SigV4QueryAuth(Credentials(KEYS.id, KEYS.secret), "sts", "eu-central-1", expires=expires).add_auth(asked)
    return sent(asked)


def when(request: HttpRequest) -> float:
    """It was signed."""
    stamp = signature_of(request).stamp
    return datetime.strptime(stamp, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC).timestamp()


def refusal(
    request: HttpRequest, service: str = "sts", late: float = 0.0, at: float | None = None
) -> AwsError:
    """What the cloud says to it, `late` seconds after it was signed."""
    with pytest.raises(AwsError) as caught:
        check(request, signature_of(request), KEYS, service, when(request) + late if at is None else at)
    return caught.value


@settings(deadline=None)
@given(
    body=st.binary(max_size=40),
    pairs=st.dictionaries(
        st.text("abcZ-_.~", min_size=1, max_size=4), st.text("aZ0 +/=&?%é~*", max_size=6), max_size=3
    ),
)
def test_what_botocore_signs_is_accepted(body, pairs):
    """Whatever is in the URL and in the body."""
    asked = AWSRequest("POST", "http://127.0.0.1:8077/", headers=dict(FORM), data=body, params=pairs)
    SigV4Auth(Credentials(KEYS.id, KEYS.secret), "sts", "eu-central-1").add_auth(asked)
    request = sent(asked)
    check(request, signature_of(request), KEYS, "sts", when(request))


def test_a_signed_url_is_accepted_for_as_long_as_it_says():
    """And not a second longer."""
    request = presigned(expires=3600)
    check(request, signature_of(request), KEYS, "sts", when(request) + 3600)
    assert refusal(request, late=3601).code == "SignatureDoesNotMatch"


@pytest.mark.parametrize("late", [-15 * MINUTE, 15 * MINUTE])
def test_clocks_may_differ_by_fifteen_minutes(late):
    """Either way."""
    request = signed()
    check(request, signature_of(request), KEYS, "sts", when(request) + late)


@pytest.mark.parametrize(
    ("late", "said"), [(901, "Signature expired: "), (-901, "Signature not yet current: ")]
)
def test_a_clock_that_differs_by_more_is_told_so(late, said):
    """With both times, and in ec2's own words."""
    error = refusal(signed(), late=late)
    assert (error.code, error.status) == ("SignatureDoesNotMatch", 403)
    assert error.message.startswith(said)
    assert error.message.endswith("15 min.)")
    error = refusal(signed(service="ec2"), "ec2", late=late)
    assert (error.code, error.status, error.message) == ("RequestExpired", 400, "Request has expired.")


def test_another_body_is_not_what_was_signed():
    """Nor another header, nor another secret."""
    request = signed()
    tampered = HttpRequest(request.method, request.path, request.query, request.headers, b"Action=Other")
    for wrong in (tampered, signed(keys=KeyPair(KEYS.id, "other"))):
        error = refusal(wrong)
        assert (error.code, error.status) == ("SignatureDoesNotMatch", 403)
        assert error.message.startswith("The request signature we calculated does not match")


@pytest.mark.parametrize(
    ("service", "code", "status"), [("sts", "InvalidClientTokenId", 403), ("ec2", "AuthFailure", 401)]
)
def test_an_unknown_key_is_refused_in_each_services_words(service, code, status):
    """ec2 has words of its own."""
    error = refusal(signed(keys=KeyPair("AKIAUNKNOWN", "s3cret"), service=service), service)
    assert (error.code, error.status) == (code, status)


@pytest.mark.parametrize(
    ("service", "code", "status"), [("sts", "MissingAuthenticationToken", 403), ("ec2", "AuthFailure", 401)]
)
def test_a_request_that_nobody_signed_is_refused(service, code, status):
    """By each service."""
    error = refusal(HttpRequest("POST", "/", "", dict(FORM), BODY), service, at=0.0)
    assert (error.code, error.status) == (code, status)


def test_the_scope_must_be_this_cloud():
    """Its region, and the service that is asked."""
    assert "not 'us-east-1'. This cloud is in 'eu-central-1'" in refusal(signed(region="us-east-1")).message
    assert "correct service: 'sts'" in refusal(signed(service="ec2")).message


@pytest.mark.parametrize(
    "header",
    [
        "Bearer mockcloud",
        "AWS4-HMAC-SHA256 nonsense",
        "AWS4-HMAC-SHA256 Credential=a/b/c, SignedHeaders=host, Signature=0",
        "AWS4-HMAC-SHA256 Credential=a/20260101/r/s/aws4_request, SignedHeaders=host, Signature=0",
    ],
)
def test_half_a_signature_is_incomplete(header):
    """Whatever half it is; the last one has no date."""
    with pytest.raises(AwsError) as caught:
        signature_of(HttpRequest("POST", "/", "", {"authorization": header}, b""))
    assert caught.value.code == "IncompleteSignature"
