"""Who asks for the lab's Ingress controller, and what is made then."""

import pytest

from mockcloud.controllers.ingress_installation.plan import asks, ingress_class, installation

CLASSES = {("", "mockcloud"): ingress_class(), ("", "other"): {"spec": {"controller": "example.com/other"}}}


def ingress(name=None, **notes):
    return {"metadata": {"annotations": notes}, "spec": {"ingressClassName": name} if name else {}}


@pytest.mark.parametrize(
    ("obj", "wanted"),
    [
        pytest.param(ingress("mockcloud"), True, id="field"),
        pytest.param(ingress(**{"kubernetes.io/ingress.class": "mockcloud"}), True, id="annotation"),
        pytest.param(ingress("other"), False, id="others"),
        pytest.param(ingress("gone"), False, id="no-class"),
        pytest.param(ingress(), False, id="none"),
    ],
)
def test_who_asks(obj, wanted):
    """An Ingress of a class of ours."""
    assert asks(obj, CLASSES) is wanted


def test_all_of_it_is_in_one_namespace():
    """Which is made first, and is all that has to be deleted."""
    (_, first), *others = installation()
    assert first["kind"] == "Namespace"
    assert {each["metadata"]["namespace"] for _, each in others} == {first["metadata"]["name"]}
