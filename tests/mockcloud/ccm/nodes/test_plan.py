import pytest

from mockcloud.ccm.nodes import plan
from mockcloud.ccm.objects.nodes import Address, parse_node
from mockcloud.ccm.provider import InstanceFacts
from testkit import objects

FACTS = InstanceFacts("aws:///z-1/i-1", "t3.small", "z-1", "r-1")
INTERNAL, OTHER, EXTERNAL, HOST = (
    Address("InternalIP", "10.0.0.1"),
    Address("InternalIP", "10.0.0.2"),
    Address("ExternalIP", "192.0.2.1"),
    Address("Hostname", "node-1"),
)


def raw(metadata=None, **spec):
    return objects.node(metadata={"uid": "u", "resourceVersion": "7", **(metadata or {})}, **spec)


def node(metadata=None, **spec):
    return parse_node(raw(metadata, **spec))


def test_labels_are_told_by_both_names_and_kubernetes_own_are_not_for_clouds():
    """A label that is there stays; names of kubernetes.io that the cloud invents are dropped."""
    facts = InstanceFacts(
        "x", "t3.small", "z-1", "", labels={"topology.k8s.aws/zone-id": "z", "a.k8s.io/b": "c"}
    )
    assert plan.labels(node(), facts) == {
        "failure-domain.beta.kubernetes.io/zone": "z-1",
        "topology.kubernetes.io/zone": "z-1",
        "beta.kubernetes.io/instance-type": "t3.small",
        "node.kubernetes.io/instance-type": "t3.small",
        "topology.k8s.aws/zone-id": "z",
    }
    present = node({"labels": {"topology.k8s.aws/zone-id": "mine"}})
    assert "topology.k8s.aws/zone-id" not in plan.labels(present, facts)


def test_newer_labels_follow_the_older_ones():
    """As upstream: what the older name says is true."""
    beta, stable = "failure-domain.beta.kubernetes.io/zone", "topology.kubernetes.io/zone"
    assert plan.followed_labels({beta: "a", stable: "b"}) == {stable: "a"}
    assert plan.followed_labels({beta: "a"}) == {stable: "a"}
    assert plan.followed_labels({beta: "a", stable: "a"}) == {}
    assert plan.followed_labels({stable: "b"}) == {}


def test_initialization_is_one_patch_over_the_version_that_was_read():
    """providerID, labels, and its own taint gone; another taint stays."""
    other = {"key": "gpu", "effect": "NoSchedule"}
    taints = [{"key": plan.UNINITIALIZED, "value": "true", "effect": "NoSchedule"}, other]
    patch = plan.initialization(raw(taints=taints), node(taints=taints), FACTS)
    assert patch["spec"] == {"taints": [other], "providerID": FACTS.provider_id}
    assert patch["metadata"]["resourceVersion"] == "7"
    assert patch["metadata"]["labels"]["topology.kubernetes.io/region"] == "r-1"


def test_a_provider_id_is_never_changed():
    """It is immutable: what the kubelet said stands."""
    own = {"providerID": "aws:///z/i-2", "taints": [{"key": plan.UNINITIALIZED, "effect": "NoSchedule"}]}
    assert plan.initialization(raw(**own), node(**own), FACTS)["spec"] == {"taints": None}


def told(*addresses):
    return node({"annotations": {"alpha.kubernetes.io/provided-node-ip": ",".join(addresses)}})


@pytest.mark.parametrize(
    ("given", "found", "wanted"),
    [
        pytest.param(told(), [OTHER, INTERNAL], (OTHER, INTERNAL), id="nothing told"),
        pytest.param(
            told("10.0.0.1"), [OTHER, INTERNAL, HOST], (INTERNAL, HOST), id="the only one of its kind"
        ),
        pytest.param(told("192.0.2.1"), [INTERNAL, EXTERNAL], (EXTERNAL, INTERNAL), id="first"),
        pytest.param(
            told("10.0.0.1", "fd00::1"),
            [Address("InternalIP", "fd00::0:1"), INTERNAL],
            (INTERNAL, Address("InternalIP", "fd00::0:1")),
            id="two families",
        ),
    ],
)
def test_addresses_that_the_kubelet_was_told_to_use_come_first(given, found, wanted):
    """Others of their kinds are left out."""
    assert plan.chosen_addresses(given, found) == wanted


def test_an_address_that_the_instance_does_not_have_is_refused_in_upstreams_words():
    """The node stays uninitialized until that is put right."""
    with pytest.raises(plan.AddressMismatch, match=r"matches ip: 10\.0\.0\.9"):
        plan.chosen_addresses(told("10.0.0.9"), [INTERNAL])


def test_a_host_name_is_kept_where_the_cloud_has_none():
    """And nothing is written where nothing differs, or the cloud says nothing."""
    present = parse_node(
        objects.node(metadata={"uid": "u"}, status={"addresses": [{"type": "Hostname", "address": "node-1"}]})
    )
    assert plan.addresses(present, [INTERNAL]) == (INTERNAL, HOST)
    assert plan.addresses(present, [HOST]) is None
    assert plan.addresses(present, []) is None


def test_the_shutdown_taint_comes_once_and_goes():
    """Whatever else is on the node."""
    other = {"key": "gpu", "effect": "NoExecute"}
    tainted = plan.taints_with(raw(taints=[other]), plan.SHUTDOWN)
    assert tainted == [other, {"key": plan.SHUTDOWN, "effect": "NoSchedule"}]
    assert plan.taints_with(raw(taints=tainted), plan.SHUTDOWN) == tainted
    assert plan.taints_without(raw(taints=tainted), plan.SHUTDOWN) == [other]
    assert plan.taints_without(raw(taints=tainted[1:]), plan.SHUTDOWN) is None
