"""python -m conformance [PYTEST ARGUMENTS]: build what is missing, run the contracts, say how many hold.

python -m conformance upstream [OPTIONS]: Kubernetes' own end-to-end suite (`conformance.upstream`).
"""

import sys
from contextlib import suppress
from pathlib import Path

import pytest
from testkit.chart.helm import HELM3, HELM4, HelmError, built
from testkit.control_planes.build import BuildError, build
from testkit.control_planes.cloud_clients import build_cloud_clients
from testkit.control_planes.cloud_controller import build_cloud_controller

from conformance.upstream import command as upstream

CONTRACTS = Path(__file__).parent / "contracts"
CLIENTS = Path(__file__).parent / "cloud_clients"
IMPORTED = "ignore:Module already imported:pytest.PytestAssertRewriteWarning"


class Tally:
    """Counts tests for the closing line; a fixture that fails counts as its test's failure."""

    def __init__(self) -> None:
        self.passed = 0
        self.failed = 0

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """One phase of one test is over."""
        if report.failed:
            self.failed += 1
        elif report.when == "call" and report.passed:
            self.passed += 1


def main(arguments: list[str]) -> int:
    """0 where every contract holds and every accepted difference still occurs, else 1; 2 for wrong usage."""
    if arguments[:1] == ["upstream"]:
        return upstream.main(arguments[1:])
    try:
        build()
        with suppress(HelmError):  # the tests that want it say so
            built(HELM3)
            built(HELM4)
        with suppress(BuildError):
            build_cloud_controller()
            build_cloud_clients(CLIENTS)
    except BuildError as error:
        sys.stderr.write(f"conformance: {error}\n")
        return 1
    tally = Tally()
    # One module keeps both control planes for all tests, so their start counts for the first one's time.
    # This process has imported mockcloud, a plug-in of pytest's too, whose asserts cannot be rewritten now.
    code = pytest.main(
        [str(CONTRACTS), "-q", "--timeout=180", "-p", "no:cacheprovider", "-W", IMPORTED, *arguments],
        plugins=[tally],
    )
    sys.stdout.write(f"{tally.passed} passed, {tally.failed} failed\n")
    match code:
        case pytest.ExitCode.OK:
            return 0
        case pytest.ExitCode.USAGE_ERROR:
            return 2
        case _:
            return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
