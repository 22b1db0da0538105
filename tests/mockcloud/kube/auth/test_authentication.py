"""Whose token a request shows."""

import pytest

from mockcloud.kube.auth.authentication import Authenticator
from mockcloud.kube.auth.user import User
from mockcloud.kube.writes.refusals import Refusal

ANN, BOB = User("ann", ("devs",)), User("bob")
KNOWN = Authenticator({"one": ANN, "two": BOB})


@pytest.mark.parametrize(
    ("header", "user"),
    [
        pytest.param("Bearer one", ANN, id="one"),
        pytest.param("bearer  two ", BOB, id="any-case-and-spaces"),
    ],
)
def test_a_known_token_has_its_user(header, user):
    """Each token is one user's."""
    assert KNOWN.user(header) == user


@pytest.mark.parametrize(
    "header",
    ["", "one", "Basic one", "Bearer", "Bearer three", "Bearer onetwo", "Bearer \udcff"],
    ids=["nothing", "no-scheme", "another-scheme", "no-token", "unknown", "two-in-one", "no-utf-8"],
)
def test_all_else_is_nobody(header):
    """401, whatever is wrong with it."""
    with pytest.raises(Refusal) as refused:
        KNOWN.user(header)
    assert refused.value.code == 401
