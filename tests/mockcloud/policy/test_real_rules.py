"""Tables of policies, loaded by the real nft in a namespace of its own."""

from itertools import pairwise

import pytest

from mockcloud.policy.decide.rules import table
from mockcloud.policy.decide.table import changed, staged
from mockcloud.policy.decide.views import World
from mockcloud.proxy.decide.views import FAMILIES
from mockcloud.proxy.nftables import open_nft
from tests.mockcloud.policy.decide.test_rules import NAMESPACES, PODS, policy
from tests.mockcloud.proxy.test_nftables import Namespace

pytestmark = pytest.mark.netns
PEERS = [
    {"podSelector": {}},
    {"namespaceSelector": {}},
    {"ipBlock": {"cidr": "10.0.0.0/8", "except": ["10.1.0.0/16", "10.2.0.0/16"]}},
    {"ipBlock": {"cidr": "fd00::/8", "except": ["fd00:1::/32"]}},
    {"ipBlock": {"cidr": "0.0.0.0/0"}},
]
PORTS = [
    *({"port": 80, "protocol": each} for each in ("TCP", "UDP", "SCTP")),
    {"port": 90, "endPort": 99},
    {"port": "http"},
    {"port": "dns", "protocol": "UDP"},
]
EVERYTHING = [{"from": [each], "ports": [port]} for each in PEERS for port in (*PORTS, {"protocol": "UDP"})]
WORLDS = [
    [policy("a", ingress=EVERYTHING)],
    [policy("a", ingress=EVERYTHING[:5]), policy("b", None, egress=[{"ports": PORTS}])],
    [policy("b", None, egress=[], ingress=[{"from": PEERS}])],
    [policy("c", "db", ingress=[{}])],
]


@pytest.fixture
def namespace():
    made = Namespace()
    if made.problem:
        made.close()
        pytest.skip(f"no network namespace to be had (run as root): {made.problem}")
    yield made
    made.close()


@pytest.mark.parametrize("family", FAMILIES)
def test_the_kernel_takes_tables_and_their_changes(namespace, family):
    """From each to the next: the same elements and rules, whether it was changed or loaded."""
    nft = namespace.run(open_nft)
    tables = [table(World(tuple(each), PODS, PODS[:2], NAMESPACES), family) for each in WORLDS]

    def load(wanted, name):
        for script in staged(wanted, family, name, []):
            nft.run(script)

    def shown(name, of):
        listed = "".join(nft.run(f"list chain {family} {name} {each}\n") for each in sorted(of.chains))
        listed += "".join(
            nft.run(f"list {each.kind} {family} {name} {key}\n")
            for key, each in sorted(of.collections.items())
        )
        return sorted(
            line for line in listed.replace(f" {name} ", " t ").split("\n") if "elements" not in line
        ), {key: len(each.values) for key, each in of.collections.items()}

    namespace.run(lambda: load(tables[0], "one"))
    for old, new in pairwise(tables):
        namespace.run(lambda old=old, new=new: nft.run(changed(old, new, family, "one")))
        namespace.run(lambda new=new: load(new, "two"))
        assert namespace.run(lambda new=new: shown("one", new)) == namespace.run(
            lambda new=new: shown("two", new)
        )
