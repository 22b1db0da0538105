"""A lab that a file describes."""

from __future__ import annotations

import json
import subprocess
import sys
from contextlib import suppress
from itertools import pairwise
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from mockcloud.commands.lab_options import up_options
from mockcloud.lab.config_file import LONGEST, parse, read, schema
from mockcloud.lab.errors import UsageError
from mockcloud.lab.plan import NodeWish, Plan
from mockcloud.labels import ZONE
from mockcloud.testing import lab

EXAMPLE = Path(__file__).parents[3] / "examples/lab.yaml"
BOMB = "a: &a {x: 1}\n" + "".join(
    f"{b}: &{b} {{<<: [{', '.join([f'*{a}'] * 9)}]}}\n" for a, b in pairwise("abcdefghi")
)
HEAD = "apiVersion: mockcloud/v1\nkind: Lab\n"


def refused(text: str) -> str:
    with pytest.raises(UsageError) as caught:
        parse(text, "lab.yaml")
    return str(caught.value)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        pytest.param("kind: Lab\n", "lab.yaml:1: apiVersion: is required", id="no version"),
        pytest.param(
            "apiVersion: v2\nkind: Lab\n", "lab.yaml:1: apiVersion: 'v2': expected 'mockcloud/v1'", id="v2"
        ),
        pytest.param(f"{HEAD}nods: 3\n", "lab.yaml:3: nods: unknown key; did you mean nodes?", id="a slip"),
        pytest.param(f"{HEAD}strings: 3\n", "lab.yaml:3: strings: unknown key", id="as a type is called"),
        pytest.param(f"{HEAD}1: 3\n", "lab.yaml", id="a number"),
        pytest.param(
            f"{HEAD}xyz: 3\n", "xyz: unknown key: expected one of apiVersion, kind,", id="no such key"
        ),
        pytest.param(
            f"{HEAD}nodes: 81\n", "lab.yaml:3: nodes: 81: expected less than or equal to 80", id="many"
        ),
        pytest.param(f"{HEAD}nodes: 0\n", "nodes: 0: expected greater than or equal to 1", id="none"),
        pytest.param(f"{HEAD}nodes: []\n", "nodes: List should have at least 1 item", id="an empty list"),
        pytest.param(f"{HEAD}nodes: three\n", "nodes: 'three': expected a valid integer", id="a word"),
        pytest.param(
            f"{HEAD}nodes:\n- zone: a\n- taint: [x]\n",
            "lab.yaml:5: nodes[1].taint: unknown key; did you mean taints?",
            id="a slip of the second node",
        ),
        pytest.param(
            f"{HEAD}nodes:\n- taints: [x]\n",
            "lab.yaml:4: nodes[0].taints[0]: 'x' is no taint: expected KEY[=VALUE]:EFFECT",
            id="no taint",
        ),
        pytest.param(
            f"{HEAD}nodes:\n- {{}}\n- labels: {{kubernetes.io/role: a}}\n",
            "lab.yaml:3: nodes: node-2: kubernetes.io/role is Kubernetes' own",
            id="a label that no node gives itself",
        ),
        pytest.param(
            f"{HEAD}nodes:\n- zone: 'a b'\n", "nodes[0].zone: 'a b': expected the value of a label", id="zone"
        ),
        pytest.param(
            f"{HEAD}baremetalLb:\n  pools:\n  - 10.0.0.0/24\n  - 10.0.0.256\n",
            "lab.yaml:6: baremetalLb.pools[1]: '10.0.0.256' does not appear to be",
            id="no address",
        ),
        pytest.param(
            f"{HEAD}baremetalLb: {{pool: []}}\n",
            "baremetalLb.pool: unknown key; did you mean pools?",
            id="pool",
        ),
        pytest.param(
            f"{HEAD}ipv6: yes please\n", "ipv6: 'yes please': expected a valid boolean", id="no boolean"
        ),
        pytest.param(f"{HEAD}kind: Lab\n", "lab.yaml:3: kind is there twice", id="twice"),
        pytest.param("nodes: [", "lab.yaml:1: not YAML: ", id="no YAML"),
        pytest.param("- a\n", "expected a mapping that begins with apiVersion: mockcloud/v1", id="a list"),
        pytest.param("", "expected a mapping that begins with apiVersion: mockcloud/v1", id="nothing"),
        pytest.param("[" * 5000, "lab.yaml", id="deep"),
        pytest.param(f"{HEAD}a: &a [*a]\n", "lab.yaml: more than 100000 values", id="in itself"),
        pytest.param(HEAD + BOMB, "(aliases count as what they stand for)", id="a bomb"),
    ],
)
def test_what_is_wrong_is_said_by_line(text, said):
    """The key, what it has, and what was expected."""
    assert said in refused(text)


def test_all_that_is_wrong_is_said_at_once():
    """One look at the file is enough."""
    assert len(refused(f"{HEAD}nodes: 99\nttl: 5\nipv7: true\n").splitlines()) == 3


@given(st.text(max_size=200) | st.text(alphabet="apiVersion:{}[]-,& *!\n", max_size=80))
def test_whatever_stands_there(text):
    """It is refused in words, or is a lab."""
    with suppress(UsageError):
        parse(HEAD + text, "lab.yaml")


def test_what_is_no_file_of_text(tmp_path):
    """Nor one that is far too long."""
    with pytest.raises(UsageError, match="No such file"):
        read(tmp_path / "none")
    (tmp_path / "bytes").write_bytes(b"\xff")
    with pytest.raises(UsageError, match="expected text in UTF-8, and byte 0 is none"):
        read(tmp_path / "bytes")
    (tmp_path / "long").write_bytes(b"#" * (LONGEST + 1))
    with pytest.raises(UsageError, match="more than 1048576 bytes"):
        read(tmp_path / "long")


def planned(*words: str) -> tuple[Plan, float]:
    """What a command with these options is told."""
    import click

    told: list[tuple[Plan, float]] = []

    @click.command()
    @up_options
    def up(plan: Plan, timeout: float) -> None:
        told.append((plan, timeout))

    done = CliRunner().invoke(up, words, catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return told[0]


def test_a_file_says_what_options_say(tmp_path):
    """And what is typed counts more; paths are found from the file's folder on."""
    (tmp_path / "images.yaml").write_text("{}")
    (tmp_path / "shared").mkdir()
    file = tmp_path / "lab.yaml"
    file.write_text(
        f"{HEAD}nodes: 2\nprovider: none\nipv6: true\ntimeout: 60\nttl: 1h\npodEvictionTimeout: 5\n"
        "catalogue: images.yaml\nhostPaths: [shared]\ndnsUpstream: 10.0.0.1\n"
    )
    same = (
        "--provider",
        "none",
        "--ipv6",
        "--ttl",
        "1h",
        "--pod-eviction-timeout",
        "5",
        "--dns-upstream",
        "10.0.0.1",
    )
    paths = ("--catalogue", str(tmp_path / "images.yaml"), "--host-path", str(tmp_path / "shared"))
    assert planned("--config", str(file)) == planned("--nodes", "2", "--timeout", "60", *same, *paths)
    plan, timeout = planned("--nodes", "5", "--config", str(file), "--timeout", "9")
    assert (plan.nodes, timeout, plan.provider) == (5, 9, "none")


def test_what_no_option_says(tmp_path):
    """Labels and taints of each node, pools, words for baremetal-lb."""
    file = tmp_path / "lab.yaml"
    file.write_text(
        f"{HEAD}nodes:\n- zone: a\n  labels: {{disk: ssd}}\n- taints: ['x=y:NoExecute', 'z:NoSchedule']\n"
        "baremetalLb:\n  pools: [192.168.10.240/28]\n  controllerArgs: [--quarantine=5]\n"
        "  speakerArgs: [--probe-time=0]\n"
    )
    plan, _ = planned("--config", str(file))
    wishes = (NodeWish((f"{ZONE}=a", "disk=ssd")), NodeWish((), ("x=y:NoExecute", "z:NoSchedule")))
    assert (plan.nodes, plan.wishes, plan.pools) == (2, wishes, ("192.168.10.240/28",))
    assert (plan.controller_options, plan.speaker_options) == (("--quarantine=5",), ("--probe-time=0",))


def test_the_schema_has_all_keys():
    """Of the example, too; and it says what is no key."""
    found = schema()
    assert found["additionalProperties"] is False
    assert yaml.safe_load(EXAMPLE.read_text()).keys() <= found["properties"].keys()
    done = subprocess.run(
        [sys.executable, "-m", "mockcloud", "config-schema"], capture_output=True, check=True, timeout=60
    )
    assert json.loads(done.stdout) == json.loads(json.dumps(found))


@pytest.mark.netns
@pytest.mark.kubectl
def test_the_example_is_a_lab():
    """Its nodes say what they are to say, and addresses come from its pools."""
    with lab(options=("--config", str(EXAMPLE))) as made:
        first, second, third = (each["metadata"]["labels"] for each in made.get("nodes")["items"])
        assert [each[ZONE] for each in (first, second, third)] == ["a", "b", "b"]
        assert (first["disk"], third["tier"]) == ("ssd", "database")
        taints = made.get("node/node-3")["spec"]["taints"]
        assert taints == [{"key": "dedicated", "value": "database", "effect": "NoSchedule"}]
        made.kubectl("create", "deployment", "web", "--image=nginx", "--port=80")
        made.kubectl("expose", "deployment", "web", "--type=LoadBalancer")
        assert made.wait_announced("web") == "192.168.10.220"
