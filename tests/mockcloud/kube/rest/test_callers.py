"""Whose request it is reaches the admission of each write."""

import pytest

from mockcloud.kube.auth.user import ADMINISTRATOR

PODS = "/api/v1/namespaces/default/pods"
SETS = "/apis/apps/v1/namespaces/default/replicasets"
MERGE = {"Content-Type": "application/merge-patch+json"}
TEMPLATE = {"metadata": {"labels": {"a": "b"}}, "spec": {"containers": [{"name": "c", "image": "i"}]}}
# Complete, so that a PUT of it changes nothing that may not change.
ALONE = {"serviceAccountName": "default", "automountServiceAccountToken": False}
POD = {"metadata": {"name": "x"}, "spec": {**TEMPLATE["spec"], **ALONE}}
SET = {"metadata": {"name": "x"}, "spec": {"selector": {"matchLabels": {"a": "b"}}, "template": TEMPLATE}}
SCALE = {"metadata": {"name": "x"}, "spec": {"replicas": 2}}


@pytest.mark.parametrize(
    ("first", "request_", "expected"),
    [
        pytest.param(None, ("POST", PODS, POD), "CREATE", id="create"),
        pytest.param(POD, ("PUT", f"{PODS}/x", POD), "UPDATE", id="replace"),
        pytest.param(POD, ("PATCH", f"{PODS}/x", {"metadata": {"labels": {"c": "d"}}}), "UPDATE", id="patch"),
        pytest.param(POD, ("DELETE", f"{PODS}/x"), "DELETE", id="delete"),
        pytest.param(POD, ("DELETE", PODS), "DELETE", id="delete-collection"),
        pytest.param(POD, ("PATCH", f"{PODS}/x/status", {"status": {}}), "UPDATE status", id="status"),
        pytest.param(
            POD, ("POST", f"{PODS}/x/binding", {"target": {"name": "n"}}), "UPDATE binding", id="binding"
        ),
        pytest.param(SET, ("PUT", f"{SETS}/x/scale", SCALE), "UPDATE scale", id="scale"),
    ],
)
async def test_admission_knows_who_writes(api, first, request_, expected):
    """User and groups of the token, the operation and the part of the object, whichever way it is written."""
    if first is not None:
        assert (await api("POST", SETS if first is SET else PODS, first))[0] == 201
    seen = []

    async def record(write):
        seen.append((write.user, f"{write.operation} {write.subresource}".strip(), write.name))

    api.registry.admission.validating.append(record)
    method, path, *body = request_
    status, answer = await api(method, path, *body, **(MERGE if method == "PATCH" else {}))
    assert status in (200, 201), answer
    assert seen == [(ADMINISTRATOR, expected, "x")]
    assert ADMINISTRATOR.groups == ("system:masters", "system:authenticated")
