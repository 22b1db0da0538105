"""Nodes that join a lab and leave it, by the commands that a person types."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from mockcloud.lab.state import LabFolder
from mockcloud.testing import LabFailed, lab
from mockcloud.testing.command import mockcloud
from testkit.objects import service

pytestmark = [pytest.mark.netns, pytest.mark.kubectl]
WEB = service(type="LoadBalancer", selector={"app": "web"}, ports=[{"port": 80}])


@pytest.fixture(scope="module")
def mine():
    with lab(options=("--nodes", "2", "--zones", "a,b")) as made:
        made.kubectl("create", "deployment", "web", "--image=nginx", "--replicas=4")
        made.apply(WEB)
        made.wait_rolled_out("deployment/web")
        yield made


def nodes(mine) -> set[str]:
    return {each["metadata"]["name"] for each in mine.get("nodes")["items"]}


def node(mine, verb: str, *words: str) -> str:
    return mockcloud(mine.environment, "node", verb, "--name", mine.name, *words)


def test_one_joins_serves_and_leaves_without_a_client_noticing(mine):
    """It announces addresses and runs pods as others do; its number is not given again."""
    address = mine.wait_announced("web")
    joined = mine.add_node()
    assert joined == "node-3"
    mine.wait(f"node/{joined}", "condition=Ready")
    assert mine.get(f"node/{joined}")["metadata"]["labels"]["topology.kubernetes.io/zone"] == "a"
    mine.kubectl("rollout", "status", "daemonset", "-n", "baremetal-lb-system", "baremetal-lb-speaker")
    mine.kubectl("cordon", "node-1", "node-2")
    mine.kubectl("rollout", "restart", "deployment/web")
    mine.wait_rolled_out("deployment/web")
    pods = [each for each in mine.get("pods")["items"] if "deletionTimestamp" not in each["metadata"]]
    assert {each["spec"]["nodeName"] for each in pods} == {joined}
    assert "Welcome to nginx" in mine.fetch(f"http://{address}/", seconds=60)
    mine.kubectl("uncordon", "node-1", "node-2")
    mine.remove_node(joined)
    assert nodes(mine) == {"node-1", "node-2"}
    mine.wait_rolled_out("deployment/web")
    assert "Welcome to nginx" in mine.fetch(f"http://{address}/", seconds=60)
    assert mine.announcer("web") in {"node-1", "node-2"}
    assert mine.add_node() == "node-4"
    mine.remove_node("node-4")


def test_two_at_once_are_two(mine):
    """One after the other; each says its own name."""
    with ThreadPoolExecutor() as pool:
        joined = {each.result() for each in [pool.submit(mine.add_node) for _ in range(2)]}
    assert len(joined) == 2
    assert nodes(mine) == {"node-1", "node-2", *joined}
    for each in joined:
        mine.remove_node(each, force=True)
    assert nodes(mine) == {"node-1", "node-2"}


def test_one_that_cannot_be_emptied_stays_as_it_was(mine):
    """Its pods go on being served, and new ones may come."""
    mine.kubectl("create", "poddisruptionbudget", "web", "--selector=app=web", "--min-available=4")
    try:
        spread = {each["spec"]["nodeName"] for each in mine.get("pods")["items"]}
        with pytest.raises(LabFailed, match=r"stays: .*disruption budget"):
            node(mine, "remove", min(spread), "--timeout", "1")
        found = mine.get(f"node/{min(spread)}")
        assert "unschedulable" not in found["spec"]
        assert "node.kubernetes.io/exclude-from-external-load-balancers" not in found["metadata"]["labels"]
    finally:
        mine.kubectl("delete", "poddisruptionbudget", "web")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        pytest.param(("remove", "client"), "no node is called 'client'", id="no node"),
        pytest.param(("remove", "node-9"), "this lab has node-1, node-2", id="nothing"),
        pytest.param(("add", "--count", "0"), "not in the range x>=1", id="none"),
    ],
)
def test_what_makes_no_sense_is_said(mine, words, said):
    """And nothing is changed."""
    with pytest.raises(LabFailed, match=said):
        node(mine, *words)
    assert nodes(mine) == {"node-1", "node-2"}


def test_one_that_is_broken_is_mended_first(mine):
    """A cable that is cut would be forgotten with it."""
    with mine.broken("link", "node-2"), pytest.raises(LabFailed, match="node-2 has faults that are on"):
        node(mine, "remove", "node-2")


def test_a_lab_that_is_not_up_is_not_asked(tmp_path):
    """As by all commands."""
    from mockcloud.lab.asking import ask
    from mockcloud.lab.errors import LabError

    with pytest.raises(LabError, match="no lab called 'none' is up"):
        ask(LabFolder("none", tmp_path / "none"), {"do": "add-node"}, print, 1)
