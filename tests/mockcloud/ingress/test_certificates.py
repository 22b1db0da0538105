"""Which Secrets HAProxy can serve."""

import base64

import trustme

from mockcloud.ingress.certificates import certificate, self_signed

MADE, OTHER = (trustme.CA().issue_cert("web.example") for _ in range(2))
CHAIN = b"".join(each.bytes() for each in MADE.cert_chain_pems)


def secret(chain, key):
    pairs = {"tls.crt": chain, "tls.key": key}
    return {"data": {name: base64.b64encode(each).decode() for name, each in pairs.items()}}


def test_a_pair():
    """Certificate and key in one text."""
    found = certificate(secret(CHAIN, MADE.private_key_pem.bytes()))
    assert found.problem == ""
    assert CHAIN.decode().strip() in found.pem


def test_what_is_none():
    """Each would keep HAProxy from starting."""
    for bad, words in (
        (secret(CHAIN, OTHER.private_key_pem.bytes()), "key values mismatch"),
        (secret(b"junk", b"junk"), "cannot be used together"),
        (secret(b"\xff", b""), "not PEM"),
        ({}, "cannot be used together"),
    ):
        found = certificate(bad)
        assert found.pem == ""
        assert words in found.problem


def test_the_one_for_other_names_can_be_served():
    """It is a pair, too."""
    assert certificate(secret(self_signed().encode(), b"")).problem == ""
