"""Requests that no client of good will sends: each gets an answer in its API's form, none a stack trace."""

import socket
import time
from urllib.parse import urlsplit

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

LONG = b"9" * 5000  # digits; int() refuses them by an exception of its own
TOKEN = b"Authorization: Bearer %s"
FORM = b"Content-Type: application/x-www-form-urlencoded"
ASKED = b"Action=DescribeInstances&Version=2016-11-15"


def send(url: str, head: bytes, *headers: bytes, body: bytes = b"") -> tuple[int, bytes]:
    """Raw bytes over a connection of their own; the answer's status and body."""
    where = urlsplit(url)
    lines = [head + b" HTTP/1.1", b"Host: x", b"Connection: close", *headers]
    if body:
        lines.append(b"Content-Length: %d" % len(body))
    with socket.create_connection((where.hostname, where.port), timeout=90) as connection:
        connection.sendall(b"\r\n".join(lines) + b"\r\n\r\n" + body)
        answer = b"".join(iter(lambda: connection.recv(65_536), b""))
    return int(answer.split()[1]), answer.partition(b"\r\n\r\n")[2]


def claim(mock_cloud, signature: bytes = b"aa", region: bytes = b"eu-central-1") -> list[bytes]:
    """Headers of a signature that is not one, of now."""
    now = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime()).encode()
    scope = b"/".join((mock_cloud.keys.id.encode(), now[:8], region, b"ec2", b"aws4_request"))
    said = b"Authorization: AWS4-HMAC-SHA256 Credential=%s, SignedHeaders=host;x-odd, Signature=%s"
    return [said % (scope, signature), b"X-Amz-Date: " + now, b"X-Odd: \xff", FORM]


@pytest.mark.parametrize(
    ("head", "status"),
    [
        (b"GET /v1/servers?page=" + LONG, 422),
        (b"GET /v1/servers?per_page=%D9%A3", 422),
        (b"GET /_mock/calls?since=" + LONG, 422),
        (b"DELETE /_mock/faults?id=" + LONG, 422),
        (b"GET /?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Expires=" + LONG, 400),
    ],
)
def test_a_number_of_thousands_of_digits_is_refused(mock_cloud, head, status):
    """As any other text that is no number there."""
    assert send(mock_cloud.url, head, TOKEN % mock_cloud.token.encode())[0] == status


def test_a_token_of_bytes_that_are_no_text_is_a_wrong_one(mock_cloud):
    """401, as for any other."""
    status, body = send(mock_cloud.url, b"GET /v1/servers", TOKEN % b"\xff\xfe")
    assert (status, b"unauthorized" in body) == (401, True)


@pytest.mark.parametrize("signature", [b"\xff", "ü".encode()])
def test_a_signature_of_no_ascii_is_a_wrong_one(mock_cloud, signature):
    """403; so it is where a signed header is no text."""
    status, body = send(mock_cloud.url, b"POST /", *claim(mock_cloud, signature), body=ASKED)
    assert (status, b"<Code>SignatureDoesNotMatch</Code>" in body) == (403, True)


def test_what_is_no_text_is_marked_in_the_answer(mock_cloud):
    """An error that repeats what was sent can still be written."""
    status, body = send(mock_cloud.url, b"POST /", *claim(mock_cloud, region=b"\xff"), body=ASKED)
    assert (status, b"valid region, not '?'" in body) == (403, True)


def test_an_element_numbered_by_thousands_of_digits_is_unknown(mock_cloud):
    """In a request that is well signed."""
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    asked = AWSRequest("POST", mock_cloud.url, headers=form, data=ASKED + b"&InstanceId." + LONG + b"=i-1")
    keys = mock_cloud.keys
    SigV4Auth(Credentials(keys.id, keys.secret), "ec2", "eu-central-1").add_auth(asked)
    headers = [f"{name}: {value}".encode() for name, value in asked.headers.items()]
    signed_for = f"Host: {urlsplit(mock_cloud.url).netloc}".encode()
    where = urlsplit(mock_cloud.url)
    with socket.create_connection((where.hostname, where.port), timeout=90) as connection:
        lines = [b"POST / HTTP/1.1", signed_for, b"Connection: close", *headers]
        connection.sendall(
            b"\r\n".join([*lines, b"Content-Length: %d" % len(asked.data)]) + b"\r\n\r\n" + asked.data
        )
        answer = b"".join(iter(lambda: connection.recv(65_536), b""))
    assert b"<Code>UnknownParameter</Code>" in answer


@pytest.mark.parametrize(
    ("path", "said"),
    [
        (b"/v1/networks", b"invalid JSON"),
        (b"/", b"<Error>"),
        (b"/_mock/clock", b"invalid JSON"),
    ],
)
def test_a_compressed_body_is_bytes_like_any(mock_cloud, path, said):
    """Whether it can be unpacked does not matter: neither API takes such."""
    headers = (TOKEN % mock_cloud.token.encode(), b"Content-Encoding: gzip")
    status, body = send(mock_cloud.url, b"POST " + path, *headers, body=b"\x1f\x8b not compressed")
    assert (status in (400, 403), said in body) == (True, True)


def test_a_client_that_leaves_in_the_midst_of_its_body_leaves_no_stack_trace(mock_cloud, caplog):
    """It gets no answer, and the next one does."""
    where = urlsplit(mock_cloud.url)
    token = TOKEN % mock_cloud.token.encode()
    with socket.create_connection((where.hostname, where.port), timeout=90) as connection:
        head = [b"POST /v1/networks HTTP/1.1", b"Host: x", token, b"Content-Length: 100", b"", b"{"]
        connection.sendall(b"\r\n".join(head))
    assert send(mock_cloud.url, b"GET /v1/networks", token)[0] == 200
    assert [each for each in caplog.records if each.exc_info] == []
