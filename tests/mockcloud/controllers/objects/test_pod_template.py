"""Templates: equality and the short hash."""

import re

from hypothesis import given
from hypothesis import strategies as st

from mockcloud.controllers.objects.pod_template import same, short_hash, with_hash

TEMPLATE = {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [{"image": "v1"}]}}


def test_the_hash_label_and_empty_fields_make_no_difference():
    """A ReplicaSet's template equals its Deployment's, whatever was filled in on the way."""
    stored = with_hash({**TEMPLATE, "spec": {**TEMPLATE["spec"], "nodeSelector": {}, "volumes": None}}, "abc")
    stored["metadata"]["creationTimestamp"] = None
    assert same(stored, TEMPLATE)
    assert short_hash(stored, 0) == short_hash(TEMPLATE, 0)


def test_another_image_or_a_collision_is_another_hash():
    """A name that was taken by another template is not tried again."""
    other = {**TEMPLATE, "spec": {"containers": [{"image": "v2"}]}}
    assert not same(other, TEMPLATE)
    assert len({short_hash(TEMPLATE, 0), short_hash(TEMPLATE, 1), short_hash(other, 0)}) == 3


@given(st.text())
def test_a_hash_is_fit_for_names_and_labels(image):
    """Letters and digits, at most ten."""
    found = short_hash({"spec": {"image": image}}, 0)
    assert re.fullmatch("[bcdfghjklmnpqrstvwxz2456789]{1,10}", found)
