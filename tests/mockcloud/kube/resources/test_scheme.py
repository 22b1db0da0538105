"""Which kinds are served, as values."""

import pytest

from mockcloud.kube.resources.kind import Kind
from mockcloud.kube.resources.scheme import AlreadyServed, Scheme

ONE = Kind("a.example.com", "v1", "One", "ones")
TWO = Kind("a.example.com", "v1", "Two", "twos")
OTHER = Kind("b.example.com", "v1beta1", "One", "ones")


def test_kinds_come_and_go():
    """By group, version and name; the order is that of their coming, and each change is a revision."""
    scheme = Scheme([ONE, OTHER])
    scheme.register(TWO)
    assert [*scheme] == [ONE, OTHER, TWO]
    assert scheme.group_versions == ("a.example.com/v1", "b.example.com/v1beta1")
    assert scheme.of_group_version("a.example.com/v1") == [ONE, TWO]
    assert (scheme.at("b.example.com/v1beta1", "ones"), scheme.revision) == (OTHER, 3)
    scheme.withdraw(OTHER)
    assert (scheme.at("b.example.com/v1beta1", "ones"), scheme.revision) == (None, 4)
    assert scheme.group_versions == ("a.example.com/v1",)
    with pytest.raises(KeyError):
        scheme.withdraw(OTHER)


@pytest.mark.parametrize(
    "kind",
    [
        pytest.param(Kind("a.example.com", "v1", "One", "others"), id="name"),
        pytest.param(Kind("a.example.com", "v1", "Other", "ones"), id="path"),
    ],
)
def test_what_is_taken_stays_whose_it_is(kind):
    """The message names both; nothing is registered."""
    scheme = Scheme([ONE])
    message = f"of {kind.group_version} cannot be served: One .ones. of a.example.com/v1 is"
    with pytest.raises(AlreadyServed, match=message):
        scheme.register(kind)
    assert ([*scheme], scheme.revision) == ([ONE], 1)
