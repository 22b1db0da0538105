"""A node without power, by the commands that a person types."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from mockcloud.testing import LabFailed, lab
from mockcloud.testing.command import mockcloud

pytestmark = [pytest.mark.netns, pytest.mark.kubectl]
SERVICE = {
    "apiVersion": "v1",
    "kind": "Service",
    "metadata": {"name": "web"},
    "spec": {"type": "LoadBalancer", "selector": {"app": "web"}, "ports": [{"port": 80}]},
}


@pytest.fixture(scope="module")
def mine():
    with lab(options=("--nodes", "2")) as made:
        yield made


def node(mine, verb: str, *words: str) -> str:
    return mockcloud(mine.environment, "node", verb, "--name", mine.name, *words)


def daemons(mine) -> dict[str, str]:
    """How each daemon stands."""
    done = subprocess.run(
        [sys.executable, "-m", "mockcloud", "status", "--name", mine.name, "-o", "json"],
        env=mine.environment,
        capture_output=True,
        check=False,
    )
    return {each["name"]: each["state"] for each in json.loads(done.stdout)["daemons"]}


def test_what_ran_there_ends_others_serve_and_it_comes_back(mine):
    """The address moves; with power its pods are the same ones, started again, as after a reboot."""
    mine.kubectl("create", "deployment", "web", "--image=nginx", "--replicas=2")
    mine.apply(SERVICE)
    mine.wait_rolled_out("deployment/web")
    address = mine.wait_announced("web")
    owner = mine.announcer("web")
    before = {each["metadata"]["uid"] for each in mine.get("pods")["items"]}
    with mine.without_power(owner):
        found = daemons(mine)
        assert {name for name, state in found.items() if state == "off"} == {owner, f"dns-{owner}"}
        mine.wait(f"node/{owner}", "condition=Ready=Unknown")
        assert "Welcome to nginx" in mine.fetch(f"http://{address}/", seconds=60)
        assert mine.announcer("web") != owner
        with pytest.raises(LabFailed):
            mine.fetch(f"http://192.168.10.1{owner[-1]}:10250/", seconds=0)
    assert set(daemons(mine).values()) == {"ready", "done"}
    mine.wait(f"node/{owner}", "condition=Ready")
    for pod in mine.get("pods")["items"]:
        started = "jsonpath={.status.containerStatuses[0].restartCount}="
        name = pod["metadata"]["name"]
        mine.wait(f"pod/{name}", started + ("1" if pod["spec"]["nodeName"] == owner else "0"))
        mine.wait(f"pod/{name}", "condition=Ready")
    assert {each["metadata"]["uid"] for each in mine.get("pods")["items"]} == before


@pytest.mark.parametrize(
    ("words", "said"),
    [
        pytest.param(("stop", "client"), "client is no node: this lab has node-1, node-2", id="no node"),
        pytest.param(("stop", "node-9"), "no host is called 'node-9'", id="nothing"),
        pytest.param(("start", "node-1"), "node-1 has its power", id="not off"),
    ],
)
def test_what_makes_no_sense_is_said(mine, words, said):
    """And nothing is changed."""
    with pytest.raises(LabFailed, match=said):
        node(mine, *words)
    assert json.loads(mockcloud(mine.environment, "fault", "list", "--name", mine.name, "-o", "json")) == []


def test_without_power_for_a_time(mine):
    """`--for`: it gets ready again by itself."""
    node(mine, "stop", "node-2", "--for", "1s")
    mine.wait("node/node-2", "condition=Ready")
    assert json.loads(mockcloud(mine.environment, "fault", "list", "--name", mine.name, "-o", "json")) == []
