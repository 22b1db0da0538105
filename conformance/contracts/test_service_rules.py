"""Every rule for Services, by real packets: our node agent answers as kube-proxy in nftables mode does."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from conformance.harness.contract import Sides
from conformance.proxies.observe import Observed, observe
from conformance.proxies.scenarios import SCENARIOS
from testkit.control_planes.build import programs_dir
from testkit.services.cluster import Cluster

# The first one waits for both clusters.
pytestmark = pytest.mark.timeout(600)
OTHERS = ("addresses of no Service", "health", "UDP flows")


@pytest.fixture(scope="session")
def proxies() -> tuple[Observed, Observed]:
    """What was seen under kube-proxy, and under ours; both clusters run side by side."""
    kube_proxy = programs_dir() / "kube-proxy"
    with ThreadPoolExecutor(2) as pool:
        real = pool.submit(observe, lambda cluster, node: cluster.start_kube_proxy(node, kube_proxy))
        ours = pool.submit(observe, Cluster.start_ours)
        return real.result(), ours.result()


@pytest.mark.parametrize("scenario", [*(each.name for each in SCENARIOS), *OTHERS])
def test_service_rules(sides: Sides, proxies: tuple[Observed, Observed], scenario: str) -> None:
    """One scenario: who answers, whom they see, and what becomes of connections that nobody answers."""
    real, ours = (observed.steps[scenario] for observed in proxies)
    differences = sides.judged(f"test_service_rules[{scenario}]", real, ours)
    if differences:
        pytest.fail(f"our rules answer differently:\n{differences}", pytrace=False)
