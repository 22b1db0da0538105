"""When the ConfigMap with the authorities is to be written again."""

import pytest

from mockcloud.controllers.root_ca_cert_publisher.plan import DESCRIPTION, TEXT, correction, wanted

GOOD = wanted("a", "pem")
CHANGE = {"metadata": {"annotations": {DESCRIPTION: TEXT}}, "data": {"ca.crt": "pem"}, "binaryData": None}


@pytest.mark.parametrize(
    ("present", "patch"),
    [
        pytest.param(GOOD, None, id="right"),
        pytest.param({**GOOD, "data": {"ca.crt": "old"}}, CHANGE, id="old"),
        pytest.param({**GOOD, "data": {}}, CHANGE, id="empty"),
        pytest.param({**GOOD, "metadata": {}}, CHANGE, id="no-description"),
        pytest.param(
            {**GOOD, "data": {"ca.crt": "pem", "x": "y"}},
            {**CHANGE, "data": {"ca.crt": "pem", "x": None}},
            id="more",
        ),
    ],
)
def test_corrections(present, patch):
    """What it holds, and nothing else, is made right."""
    assert correction(present, "pem") == patch
