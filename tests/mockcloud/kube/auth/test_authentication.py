"""Whose token a request shows."""

import pytest

from mockcloud.kube.auth.authentication import Authenticator
from mockcloud.kube.auth.service_accounts.checking import InvalidToken
from mockcloud.kube.auth.user import NOBODY, User
from mockcloud.kube.writes.refusals import Refusal

ANN, BOB = User("ann", ("devs",)), User("bob")
KNOWN = Authenticator({"one": ANN, "two": BOB})


@pytest.mark.parametrize(
    ("header", "user"),
    [
        pytest.param("Bearer one", ANN, id="one"),
        pytest.param("bearer  two ", BOB, id="any-case-and-spaces"),
        pytest.param("", NOBODY, id="nothing"),
        pytest.param("one", NOBODY, id="no-scheme"),
        pytest.param("Basic one", NOBODY, id="another-scheme"),
        pytest.param("Bearer", NOBODY, id="no-token"),
    ],
)
def test_a_known_token_has_its_user(header, user):
    """Each token is one user's; who shows none is anonymous."""
    assert KNOWN.user(header) == user


@pytest.mark.parametrize(
    "header",
    ["Bearer three", "Bearer onetwo", "Bearer \udcff", "Bearer a.b.c"],
    ids=["unknown", "two-in-one", "no-utf-8", "no-account"],
)
def test_a_wrong_token_is_nobodys(header):
    """401, whatever is wrong with it."""
    with pytest.raises(Refusal) as refused:
        KNOWN.user(header)
    assert refused.value.code == 401


def test_a_token_by_itself():
    """As a TokenReview asks of it."""
    assert KNOWN.shown("one")[0] == ANN
    with pytest.raises(InvalidToken, match="invalid bearer token"):
        KNOWN.shown("three")
