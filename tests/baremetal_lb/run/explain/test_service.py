"""`baremetal-lb why` against an API and a controller."""

import asyncio
import json
import re

import pytest
from click.testing import CliRunner

from baremetal_lb.__main__ import main
from baremetal_lb.kube.client import Target
from baremetal_lb.kube.resources import EVENTS, Resource
from baremetal_lb.model.reports import Report

ACCOUNTS = Resource("v1", "serviceaccounts", "ServiceAccount")
BINDINGS = Resource("rbac.authorization.k8s.io/v1", "rolebindings", "RoleBinding")


async def why(lab, *words: str, kubeconfig=None) -> tuple[int, str]:
    """Exit code and what is printed."""
    arguments = ["why", "--kubeconfig", str(kubeconfig or lab.api.kubeconfig), *words]
    done = await asyncio.to_thread(CliRunner().invoke, main, arguments)
    return done.exit_code, done.output.replace(lab.namespace, "NS")


async def test_a_full_pool_and_one_that_has_room(lab):
    """The first broken link, with what to do; the same as JSON."""
    await lab.pools("name: lab, addresses: [10.0.0.1]")
    async with lab.controller(identity="one"):
        await lab.create("a")
        await lab.until(lambda: lab.has("a"))
        await lab.create("b")
        await lab.until(lambda: lab.says("b"))
        code, said = await why(lab, "b", "-n", lab.namespace)
        assert code == 1
        assert re.search(r'NS/b: address: Exhausted, since \S+Z: pool "lab": full', said.splitlines()[-1])
        assert "-> add addresses to the pool in ConfigMap baremetal-lb-system/config" in said
        code, told = await why(lab, f"{lab.namespace}/a", "-o", "json")
        found = json.loads(told)
        assert (code, found["broken"]) == (1, "endpoints")
        assert found["addresses"] == ["10.0.0.1"]
        assert [each["answer"] for each in found["links"]] == ["good"] * 5 + ["broken"]
        assert any("IPAllocated" in each for each in found["events"])


async def test_a_terminal_obeys_nothing_of_what_objects_say(lab):
    """Who may write events of a namespace writes no lines of ours, and clears nobody's screen."""
    await lab.pools("name: lab, addresses: [10.0.0.1]")
    await lab.create("a")
    about = {"kind": "Service", "namespace": lab.namespace, "name": "a"}
    words = {"reason": "Odd\x1b[31m", "message": "\x1b]0;t\x07\nok  all is well\u202e", "type": "Warning"}
    place = {"metadata": {"name": "odd", "namespace": lab.namespace}}
    await lab.client.create(EVENTS, {**place, "involvedObject": about, **words})
    _, said = await why(lab, f"{lab.namespace}/a")
    assert "Odd\\x1b[31m: \\x1b]0;t\\x07\\nok  all is well\\u202e\n" in said


async def test_what_is_no_load_balancer_and_what_is_not_there(lab):
    """The Service is told to be elsewhere, where there is one of its name."""
    await lab.pools("name: lab, addresses: [10.0.0.1]")
    await lab.create("a", type="ClusterIP")
    code, said = await why(lab, f"{lab.namespace}/a")
    assert code == 1
    assert "is of type ClusterIP: only one of type LoadBalancer gets an external address" in said
    code, said = await why(lab, "a")
    assert code == 1
    assert "there is no Service default/a" in said
    assert "-> there is one in NS: -n says where to look" in said


async def test_who_may_not_read_all_is_told_the_rest(lab, tmp_path):
    """With the right that is missing."""
    await lab.pools("name: lab, addresses: [10.0.0.1]")
    await lab.report(Report("node-x"))
    await lab.create("a")
    place = {"name": "reader", "namespace": lab.namespace}
    await lab.client.create(ACCOUNTS, {"metadata": place})
    role = {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "view"}
    subject = {"kind": "ServiceAccount", **place}
    await lab.client.create(BINDINGS, {"metadata": place, "roleRef": role, "subjects": [subject]})
    asked = Target(ACCOUNTS, lab.namespace, "reader", "token")
    made = await lab.client._call("POST", asked, body={"spec": {}})
    text = lab.api.kubeconfig.read_text().replace(lab.api.token, made["status"]["token"])
    (tmp_path / "kubeconfig").write_text(text)
    code, said = await why(lab, f"{lab.namespace}/a", kubeconfig=tmp_path / "kubeconfig")
    assert code == 1
    assert "?   controller  cannot be read: " in said
    assert "leases" in said
    assert "?   pools       cannot be read: " in said
    assert "NO  address     none, and no controller has said why" in said


@pytest.mark.parametrize(
    ("words", "said"),
    [
        pytest.param(["shop/web", "-n", "other"], "-n other and shop/web are two namespaces", id="two"),
        pytest.param(["Shop/web"], "'Shop' is not a valid object name", id="namespace"),
        pytest.param(["a_b"], "'a_b' is not a valid object name", id="name"),
    ],
)
def test_what_makes_no_sense_is_a_usage_error(words, said):
    """Exit code 2, and the word that is wrong."""
    done = CliRunner().invoke(main, ["why", *words])
    assert done.exit_code == 2
    assert said in done.output


async def test_an_api_that_does_not_answer_is_one_message(tmp_path):
    """And exit code 1."""
    (tmp_path / "kubeconfig").write_text("")
    done = await asyncio.to_thread(
        CliRunner().invoke, main, ["why", "a", "--kubeconfig", str(tmp_path / "kubeconfig")]
    )
    assert done.exit_code == 1
    assert done.output.startswith("error: kubeconfig ")
