"""The scenarios that `make conformance` runs on a real API as well."""

import pytest

from tests.baremetal_lb.fakes.scenarios import SCENARIOS


@pytest.fixture(scope="module")
def kube_api(kube_api_factory):
    """Dual-stack, as the real one is."""
    return kube_api_factory("--service-cidr", "10.96.0.0/16,fd00:10:96::/112")


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.__name__)
async def test_on_the_embedded_api(lab, scenario):
    """One scenario."""
    await scenario(lab)
