"""APIServices of what is served here."""

from __future__ import annotations

import pytest

from mockcloud.kube.resources.apiregistration import API_SERVICE, api_service_problems
from mockcloud.kube.resources.built_in import BUILT_IN
from mockcloud.kube.writes.api_services import PRIORITIES, built_in, custom, is_kept, name_of


def test_each_built_in_group_version_has_one():
    """But the group of APIServices itself, as upstream."""
    served = {kind.group_version for kind in BUILT_IN} - {API_SERVICE.group_version}
    assert set(PRIORITIES) == served


@pytest.mark.parametrize(
    "body", [*built_in(), *custom(["example.com/v1"]).values()], ids=lambda b: b["metadata"]["name"]
)
def test_they_break_no_rule(body):
    """They are written by the API itself, through the same door as everybody's."""
    assert list(api_service_problems(body, None)) == []


def test_names_and_who_keeps_them():
    """Only those of definitions come and go."""
    assert [name_of("v1"), name_of("apps/v1")] == ["v1.", "v1.apps"]
    assert not any(map(is_kept, built_in()))
    assert is_kept(custom(["example.com/v1"])["v1.example.com"])
    assert not is_kept({"metadata": {"name": "v1.mine"}})
