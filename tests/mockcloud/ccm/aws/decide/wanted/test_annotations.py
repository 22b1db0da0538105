import pytest

from mockcloud.ccm.aws.decide.wanted.annotations import (
    CLASSIC,
    KNOWN,
    NETWORK,
    PREFIX,
    annotations_of,
    complaints,
)
from mockcloud.ccm.aws.decide.wanted.refusal import Refused


def given(**values):
    return annotations_of({f"{PREFIX}{key.replace('_', '-')}": value for key, value in values.items()})


def test_the_kind_of_balancer_is_asked_for_by_type():
    """Without it a classic one; two values are another controller's; others are a classic one."""
    assert given(type="nlb").network
    assert not given().network
    assert not given(type="alb").network
    assert given(type="external").elsewhere
    assert given(type="nlb-ip").elsewhere
    assert not given(type="nlb").elsewhere


@pytest.mark.parametrize(
    ("value", "internal"), [("", False), ("false", False), ("true", True), ("0.0.0.0/0", True)]
)
def test_anything_but_false_makes_it_internal(value, internal):
    """It was once a range of addresses."""
    assert given(internal=value).internal is internal


def test_pairs_and_lists():
    """A key without a value has an empty one; what has no key is dropped; the value ends at the next `=`."""
    found = given(additional_resource_tags=" A=1, B=,C, =x,D=2=3", subnets="a, ,b ")
    assert found.pairs("additional-resource-tags") == {"A": "1", "B": "", "C": "", "D": "2"}
    assert found.pairs("absent") == {}
    assert found.listed("subnets") == ["a", "b"]


@pytest.mark.parametrize(("value", "truth"), [("T", True), ("1", True), ("False", False), ("", None)])
def test_truth_values_are_gos(value, truth):
    """As strconv.ParseBool has them."""
    assert given(x=value).truth("x") is truth


def test_what_cannot_be_read_is_refused_with_its_name_and_value():
    """In upstream's words."""
    with pytest.raises(Refused, match=rf"error parsing service annotation: {PREFIX}x=yes"):
        given(x="yes").truth("x")
    with pytest.raises(Refused, match=rf"error parsing service annotation: {PREFIX}x=1\.5"):
        given(x="1.5").number("x")
    assert given(x="-7").number("x") == -7
    assert given().number("x") is None


def test_an_unknown_annotation_is_reported_with_the_one_that_was_meant():
    """And one for the other kind of balancer; what is another controller's is not ours to judge."""
    assert complaints(given(type="nlb", croos_zone_load_balancing_enabled="true")) == [
        f"annotation {PREFIX}croos-zone-load-balancing-enabled is not known to this controller and has no"
        f" effect; did you mean {PREFIX}cross-zone-load-balancing-enabled?"
    ]
    assert complaints(given(type="nlb", scheme="internet-facing")) == [
        f"annotation {PREFIX}scheme is not known to this controller and has no effect: it is one of the "
        "AWS Load Balancer Controller's"
    ]
    assert complaints(given(type="nlb", proxy_protocol="*")) == [
        f"annotation {PREFIX}proxy-protocol has no effect on a network load balancer: it is for classic ones"
    ]
    assert "expected 'nlb'" in complaints(given(type="alb"))[0]
    assert complaints(given(type="external", whatever="x")) == []
    assert complaints(annotations_of({"prometheus.io/scrape": "true"})) == []


def test_every_known_annotation_is_for_some_kind_of_balancer():
    """And says what it does, for the table in docs/cloud.md."""
    for name, known in KNOWN.items():
        assert set(known.kinds) <= {CLASSIC, NETWORK}, name
        assert known.kinds, name
        assert known.does, name
