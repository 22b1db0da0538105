"""What baremetal-lb may in a lab is what its manifest gives it."""

from pathlib import Path

import pytest
import yaml

from mockcloud.lab.components.provider_rights import CONTROLLER, RULES, SPEAKER, objects

MANIFEST = Path(__file__).parents[4] / "deploy" / "baremetal-lb.yaml"


@pytest.mark.parametrize("user", [CONTROLLER, SPEAKER])
def test_the_rules_are_the_manifests(user):
    """No more, so that what a lab shows holds on a cluster; no less."""
    name = user.removeprefix("system:")
    roles = [
        each for each in yaml.safe_load_all(MANIFEST.read_text()) if each["kind"] in ("Role", "ClusterRole")
    ]
    given = {
        each["metadata"].get("namespace", ""): each["rules"]
        for each in roles
        if each["metadata"]["name"].rpartition(":")[2] == name
    }
    assert RULES[user] == given


def test_each_role_is_bound_to_its_user():
    """In the namespace of the role, and to nobody else."""
    found = list(objects())
    roles = {
        (r["kind"], r["metadata"].get("namespace"), r["metadata"]["name"]) for r in found if "rules" in r
    }
    bound = {
        (b["roleRef"]["kind"], b["metadata"].get("namespace"), b["roleRef"]["name"])
        for b in found
        if "subjects" in b
    }
    assert bound == roles
    assert {s["name"] for b in found for s in b.get("subjects", ())} == {CONTROLLER, SPEAKER}
