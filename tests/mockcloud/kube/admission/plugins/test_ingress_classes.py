"""Which class an Ingress gets that names none."""

import pytest

from mockcloud.kube.admission.attributes import Attributes, Operation
from mockcloud.kube.admission.plugins.ingress_classes import DEFAULT, default_ingress_class
from mockcloud.kube.auth.user import API_SERVER
from mockcloud.kube.resources.ingress import CLASS_ANNOTATION, INGRESS, INGRESS_CLASS
from mockcloud.kube.storage.store import Store

OLD, NEW = "2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z"


async def admitted(classes, spec=None, notes=None):
    store = Store()
    for name, created, mark in classes:
        metadata = {"name": name, "creationTimestamp": created, "annotations": {DEFAULT: mark}}
        store.put(INGRESS_CLASS.storage, ("", name), {"metadata": metadata})
    body = {"metadata": {"name": "web", "annotations": notes or {}}, "spec": spec or {}}
    write = Attributes(API_SERVER, Operation.CREATE, INGRESS, "default", "web", body)
    return (await default_ingress_class(store)(write))["spec"].get("ingressClassName")


@pytest.mark.parametrize(
    ("classes", "wanted"),
    [
        pytest.param([], None, id="none"),
        pytest.param([("a", OLD, "false")], None, id="not-marked"),
        pytest.param([("a", OLD, "true"), ("b", NEW, "true"), ("c", NEW, "true")], "b", id="newest"),
    ],
)
async def test_the_default(classes, wanted):
    """The newest of those that are marked, and the first by name of those of one second."""
    assert await admitted(classes) == wanted


async def test_who_says_which_gets_that():
    """Also where the annotation says nobody's."""
    default = [("a", OLD, "true")]
    assert await admitted(default, {"ingressClassName": "x"}) == "x"
    assert await admitted(default, notes={CLASS_ANNOTATION: ""}) is None
