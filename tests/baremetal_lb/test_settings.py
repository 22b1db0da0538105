"""Names that follow from what a person sets. The chart makes the same: tests/charts/test_rendering.py."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from baremetal_lb.settings import Settings, lease_name, status_namespace_of

SUBDOMAIN = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")
CLASSES = st.from_regex(
    r"([a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?/)?[A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?", fullmatch=True
)
NAMESPACES = st.from_regex(r"[a-z0-9]([-a-z0-9]{0,54}[a-z0-9])?(-system)?", fullmatch=True)


@pytest.mark.parametrize(
    ("load_balancer_class", "name"),
    [
        pytest.param("", "baremetal-lb-controller", id="none"),
        pytest.param("example.com/lab", "baremetal-lb-controller-example.com-lab", id="a-name-already"),
        pytest.param("Lab_1", "baremetal-lb-controller-lab-1-2b96fd57", id="capital-and-underscore"),
        pytest.param("lab.-1", "baremetal-lb-controller-lab-1-5534843e", id="dot-before-hyphen"),
    ],
)
def test_a_lease_has_the_name_of_its_class(load_balancer_class, name):
    """As it stands, where the API takes that; else as near as can be, with a digest."""
    assert Settings(load_balancer_class=load_balancer_class).lease_key.name == name


@given(CLASSES)
def test_every_class_has_a_lease_that_the_api_takes(load_balancer_class):
    """Capitals, `_`, and up to 317 characters: the name is one of RFC 1123."""
    name = lease_name(load_balancer_class)
    assert SUBDOMAIN.fullmatch(name)
    assert len(name) <= 253


@pytest.mark.parametrize(
    ("namespace", "reports"),
    [
        ("baremetal-lb-system", "baremetal-lb-speakers"),
        ("lb", "lb-speaker-reports"),
        ("lb-system", "lb-speakers"),
    ],
)
def test_reports_have_a_namespace_of_the_releases_name(namespace, reports):
    """Whoever lists namespaces sees what belongs together."""
    assert Settings(namespace=namespace).status_namespace == reports


@given(NAMESPACES, NAMESPACES)
def test_no_two_releases_report_in_one_namespace(one, other):
    """Nor in that of a release, nor in one that the API would not make."""
    made = status_namespace_of(one)
    assert re.fullmatch(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?", made)
    assert (made == status_namespace_of(other)) is (one == other)


@pytest.mark.parametrize("ending", ["", "-system"])
def test_long_namespaces_that_differ_at_their_end_differ_still(ending):
    """What is cut off is in the digest."""
    assert status_namespace_of(f"{'n' * 55}a{ending}") != status_namespace_of(f"{'n' * 55}b{ending}")
