"""Whom a certificate names."""

from mockcloud.kube.auth.authentication import Authenticator
from mockcloud.kube.auth.certificates import user_of
from mockcloud.kube.auth.user import NOBODY, User

ANN = {"subject": ((("organizationName", "devs"),), (("organizationName", "ops"),), (("commonName", "ann"),))}


def test_the_name_and_its_groups():
    """The common name, and each organization, as kube-apiserver reads it; without a name it is nobody's."""
    assert user_of(ANN) == User("ann", ("devs", "ops", "system:authenticated"))
    assert user_of({"subject": ((("organizationName", "devs"),),)}) is None


def test_a_token_counts_more():
    """`kubectl --token` is meant, whatever else the kubeconfig has."""
    known = Authenticator({"bobs": User("bob")})
    assert known.user("Bearer bobs", ANN) == User("bob")
    assert known.user("", ANN).name == "ann"
    assert known.user("", {"subject": ()}) == NOBODY
