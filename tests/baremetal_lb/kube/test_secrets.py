"""The speakers' key in its Secret."""

import base64

import pytest

from baremetal_lb.kube.secrets import membership_key, membership_secret
from baremetal_lb.model.objects import ObjectKey

KEY = bytes(range(32))


def test_key_survives_the_way_through_a_secret() -> None:
    """What the controller writes is what speakers read."""
    secret = membership_secret(ObjectKey("system", "name"), KEY)
    assert secret["metadata"] == {"namespace": "system", "name": "name"}
    assert membership_key(secret) == KEY


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(None, id="no-data"),
        pytest.param({"other": "eA=="}, id="another-entry"),
        pytest.param({"secretkey": "%%%"}, id="not-base64"),
        pytest.param({"secretkey": base64.b64encode(b"%%%").decode()}, id="not-base64-inside"),
        pytest.param({"secretkey": base64.b64encode(base64.b64encode(b"short")).decode()}, id="short"),
    ],
)
def test_secret_without_a_usable_key_has_none(data: dict[str, str] | None) -> None:
    """A key made by hand has to be as long as ours."""
    assert membership_key({"metadata": {}, "data": data}) is None
