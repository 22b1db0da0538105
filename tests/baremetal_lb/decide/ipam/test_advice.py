"""What a Service is told of its annotations; every advice is followed, and nothing else changes."""

import re

import pytest

from baremetal_lb.decide.ipam.advice import advice
from tests.baremetal_lb.fakes.paper_cluster import key

LAB = "name: lab, addresses: [10.0.0.1-10.0.0.9]"
OLD, NEW, OURS = "metallb.universe.tf/", "metallb.io/", "baremetal-lb.io/"
SHARED = OLD + "allow-shared-ip"


def follow(cluster, name: str) -> None:
    """Do what each Event about the Service's annotations says, as a person would."""
    asks = dict(cluster.services[key(name)].annotations)
    for note in advice(cluster.services[key(name)]):
        found = re.search(r"annotation ([^ ;]+)", note.message)[1]
        value = asks.pop(found)
        meant = re.search(r"write (\S+), which|did you mean '(\S+)'", note.message)
        if meant:
            asks[meant[1] or meant[2]] = value
        else:
            assert note.message.endswith("remove it")
    cluster.change(name, asks=asks)


def test_two_namespaces_go_on_sharing_after_what_is_advised(cluster):
    """Whoever renames his keys as told keeps his address: the new key lets the same Services in."""
    cluster.pools(LAB).create("x/a", asks={SHARED: "web"}).create(
        "y/b", ports="TCP/443", asks={SHARED: "web"}
    )
    assert cluster.texts()[0] == (
        f"Service uses deprecated annotation {SHARED}; write metallb.io/allow-shared-ip, which means the same"
    )
    for name in ("x/a", "y/b"):
        follow(cluster, name)
        assert [cluster.has("x/a"), cluster.has("y/b")] == ["10.0.0.1", "10.0.0.1"]
    assert cluster.events() == []
    cluster.create("z/c", ports="TCP/53", asks={NEW + "allow-shared-ip": "web"})
    assert cluster.has("z/c") == "10.0.0.1"


@pytest.mark.parametrize(
    ("asks", "told"),
    [
        pytest.param({OLD + "address-pool": "lab"}, ["DeprecatedAnnotation"], id="pool"),
        pytest.param({OLD + "loadBalancerIPs": "10.0.0.1"}, ["DeprecatedAnnotation"], id="addresses"),
        pytest.param({OLD + "ip-allocated-from-pool": "x"}, ["DeprecatedAnnotation"], id="metallb-wrote-it"),
        pytest.param(
            {SHARED: "web", NEW + "allow-shared-ip": "other"},
            ["DeprecatedAnnotation"],
            id="new-one-is-there",
        ),
        pytest.param({OLD + "allow-shared": "web"}, ["UnknownAnnotation"], id="misspelt-and-old"),
        pytest.param({NEW + "loadBalancerIP": "10.0.0.1"}, ["UnknownAnnotation"], id="singular"),
        pytest.param({OURS + "share-with-namespace": "x"}, ["UnknownAnnotation"], id="singular-of-ours"),
        pytest.param({NEW + "share-with-namespaces": "x"}, ["UnknownAnnotation"], id="ours-under-theirs"),
        pytest.param({NEW + "ip-allocated-from-pool": "x"}, [], id="metallb-writes-it"),
        pytest.param({"address-pool": "lab", NEW + "allow-shared-ip": "web"}, [], id="all-known"),
    ],
)
def test_what_is_advised_leads_to_what_is_not_advised_of(cluster, asks, told):
    """With the address that it has."""
    cluster.pools(LAB).create("a", asks=asks)
    assert [each for each in cluster.events() if each.endswith("Annotation")] == told
    follow(cluster, "a")
    assert advice(cluster.services[key("a")]) == ()
    assert cluster.has("a") == "10.0.0.1"
    assert cluster.events() == []


@pytest.mark.parametrize(
    ("asks", "text"),
    [
        pytest.param(
            {OLD + "allow-shared": "web"},
            "did you mean 'metallb.io/allow-shared-ip'?",
            id="old-prefix",
        ),
        pytest.param(
            {OURS + "allow-shared": "web"}, "did you mean 'baremetal-lb.io/allow-shared-ip'?", id="of-ours"
        ),
        pytest.param(
            {OLD + "protocol": "layer2"},
            "expected one of: metallb.io/loadBalancerIPs, metallb.io/address-pool, "
            "metallb.io/allow-shared-ip, baremetal-lb.io/share-with-namespaces",
            id="nothing-like-it",
        ),
    ],
)
def test_an_unknown_annotation_is_named_as_such(cluster, asks, text):
    """With the known one that is nearest, under a prefix that means what the one written would."""
    (annotation,) = asks
    cluster.pools(LAB).create("a", asks=asks)
    assert f"annotation {annotation} is not known and has no effect; {text}" in cluster.texts()


def test_an_annotation_that_comes_later_is_told_once(cluster):
    """Although it changes nothing of what the Service asks for; and not again after a restart."""
    cluster.pools(LAB).create("a")
    cluster.events()
    cluster.change("a", asks={NEW + "adress-pool": "lab"})
    assert cluster.events() == ["UnknownAnnotation"]
    cluster.change("a", ports="TCP/81").restart()
    assert cluster.events() == []
