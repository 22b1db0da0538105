"""What a node lets pass: a table for each sort of rule, asked as the kernel would be."""

import pytest

from mockcloud.policy.decide.convert import pod_view, policy_view
from mockcloud.policy.decide.rules import table
from mockcloud.policy.decide.views import World
from mockcloud.proxy.decide.views import Family
from testkit import objects

WEB, DB, OTHER = "10.244.1.2", "10.244.1.3", "10.244.2.4"
HTTP = {"name": "http", "containerPort": 8080}


def pod(name, ip, namespace="shop", ports=()):
    made = objects.pod(
        name,
        namespace=namespace,
        metadata={"labels": {"app": name}},
        containers=[objects.container("c", ports=list(ports))],
    )
    return pod_view(made, [ip, f"fd00::{ip.rpartition('.')[2]}"])


PODS = (pod("web", WEB, ports=[HTTP]), pod("db", DB), pod("other", OTHER, "else"))
NAMESPACES = {"shop": {"team": "a"}, "else": {"team": "b"}}


def policy(name="p", app="web", **spec):
    types = [way.capitalize() for way in ("ingress", "egress") if way in spec]
    chosen = {"matchLabels": {"app": app}} if app else {}
    metadata = {"name": name, "namespace": "shop"}
    return policy_view({"metadata": metadata, "spec": {"podSelector": chosen, "policyTypes": types, **spec}})


def of(*policies, family=Family.IPV4):
    return table(World(policies, PODS, PODS[:2], NAMESPACES), family)


def accepted(found, way, ip):
    """The rules that a pod's packets meet, without their last word; sets by what is in them."""
    chain = found.collections[f"{way}-pods"].values[ip].removeprefix(" : goto ")
    *jumps, last = found.chains[chain]
    assert last == "drop"
    rules = [rule for jump in jumps for rule in found.chains[jump.removeprefix("jump ")]]
    for name, each in found.collections.items():
        rules = [rule.replace(f"@{name}", "{" + ", ".join(sorted(each.values)) + "}") for rule in rules]
    return sorted(rule.removesuffix("accept").strip() for rule in rules)


def test_nothing_is_loaded_where_nobody_is_isolated():
    """Also where policies select pods of other nodes only."""
    assert of(policy(app="elsewhere", ingress=[])).chains == {}


def test_one_look_up_whatever_the_number_of_policies():
    """Who is not isolated meets no rule of a policy."""
    found = of(*(policy(f"p{number}", "db", ingress=[]) for number in range(9)))
    assert [len(found.chains[way]) for way in ("ingress", "egress")] == [3, 3]
    assert list(found.collections["ingress-pods"].values) == [DB]
    assert found.collections["egress-pods"].values == {}


A = {"podSelector": {"matchLabels": {"app": "db"}}}
B = {"namespaceSelector": {"matchLabels": {"team": "b"}}}
BLOCK = {"ipBlock": {"cidr": "192.0.2.0/24", "except": ["192.0.2.8/29"]}}


@pytest.mark.parametrize(
    ("rules", "wanted"),
    [
        pytest.param([], [], id="default-deny"),
        pytest.param([{}], [""], id="all"),
        pytest.param([{"from": [A]}], [f"ip saddr {{{DB}}}"], id="pods-of-its-own-namespace"),
        pytest.param([{"from": [B]}], [f"ip saddr {{{OTHER}}}"], id="namespace"),
        pytest.param([{"from": [{**A, **B}]}], ["ip saddr {}"], id="pods-of-a-namespace"),
        pytest.param([{"from": [A, B]}], [f"ip saddr {{{DB}, {OTHER}}}"], id="either"),
        pytest.param([{"from": [{"podSelector": {}}]}], [f"ip saddr {{{WEB}, {DB}}}"], id="its-namespace"),
        pytest.param([{"from": [BLOCK]}], ["ip saddr 192.0.2.0/24 ip saddr != 192.0.2.8/29"], id="block"),
        pytest.param([{"from": [{"ipBlock": {"cidr": "0.0.0.0/0"}}]}], [""], id="all-of-the-family"),
        pytest.param([{"from": [{"ipBlock": {"cidr": "fd00::/8"}}]}], [], id="the-other-family"),
        pytest.param([{"ports": [{"port": 80}, {"port": 81, "endPort": 90}]}],
                     ["tcp dport { 80-90 }"], id="ports"),
        pytest.param([{"ports": [{"port": 80}, {"protocol": "TCP"}]}], ["meta l4proto tcp"], id="protocol"),
        pytest.param([{"ports": [{"port": 53, "protocol": "UDP"}, {"port": 53}]}],
                     ["tcp dport { 53 }", "udp dport { 53 }"], id="two-protocols"),
        pytest.param([{"ports": [{"port": "http"}]}],
                     [f"ip daddr . meta l4proto . th dport {{{WEB} . tcp . 8080}}"], id="named"),
        pytest.param([{"from": [A], "ports": [{"port": 80}]}],
                     [f"ip saddr {{{DB}}} tcp dport {{ 80 }}"], id="both"),
    ],
)  # fmt: skip
def test_what_comes_in(rules, wanted):
    """A row is a rule; a rule without peers or ports says nothing of them."""
    assert accepted(of(policy(ingress=rules)), "ingress", WEB) == sorted(wanted)


@pytest.mark.parametrize(
    ("rules", "wanted"),
    [
        pytest.param([{"to": [A], "ports": [{"port": 80}]}],
                     [f"ip daddr {{{DB}}} tcp dport {{ 80 }}"], id="both"),
        pytest.param([{"ports": [{"port": "http"}]}],
                     [f"ip daddr . meta l4proto . th dport {{{WEB} . tcp . 8080}}"], id="named"),
        pytest.param([{"to": [A], "ports": [{"port": "http"}]}],
                     [f"ip daddr {{{DB}}} ip daddr . meta l4proto . th dport {{}}"], id="named-elsewhere"),
    ],
)  # fmt: skip
def test_what_goes_out(rules, wanted):
    """A port's name is what the pod calls it to which the connection goes."""
    assert accepted(of(policy(egress=rules)), "egress", WEB) == wanted


def test_policies_add_up():
    """What one of them lets pass, passes; a pod that two select goes through both."""
    found = of(policy("a", ingress=[{"from": [A]}]), policy("b", None, ingress=[{"ports": [{"port": 80}]}]))
    assert accepted(found, "ingress", WEB) == [f"ip saddr {{{DB}}}", "tcp dport { 80 }"]
    assert accepted(found, "ingress", DB) == ["tcp dport { 80 }"]


def test_the_other_family():
    """By the pods' addresses of it."""
    found = of(policy(ingress=[{"from": [A]}]), family=Family.IPV6)
    assert accepted(found, "ingress", "fd00::2") == ["ip6 saddr {fd00::3}"]
