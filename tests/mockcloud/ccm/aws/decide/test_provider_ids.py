import pytest

from mockcloud.ccm.aws.decide.provider_ids import instance_id, instance_ids, provider_id
from mockcloud.ccm.objects.nodes import parse_node
from testkit import objects


@pytest.mark.parametrize(
    ("given", "found"),
    [
        ("aws:///eu-central-1a/i-0123456789abcdef0", "i-0123456789abcdef0"),
        ("aws:////i-01234567", "i-01234567"),
        ("i-01234567", "i-01234567"),
        ("aws:///eu-central-1a/fargate-ip-10-0-0-1", None),
        ("hcloud://42", None),
        ("", None),
    ],
)
def test_a_provider_id_names_its_instance(given, found):
    """In all forms that AWS' nodes have it."""
    assert instance_id(given) == found


def test_what_is_written_is_read_back():
    """And nodes without one are no targets."""
    own = provider_id("eu-central-1a", "i-1")
    nodes = [
        parse_node(objects.node(str(each), metadata={"uid": "u"}, providerID=each)) for each in (own, "", "x")
    ]
    assert instance_ids(nodes) == ["i-1"]
