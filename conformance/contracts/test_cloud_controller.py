"""The cloud controller manager in the box does what AWS' own does: the same cloud, statuses and Events."""

import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import pytest
from conformance.cloud_controllers.observe import Row, differences, observed, settle
from conformance.cloud_controllers.scenarios import HTTP, NLB, Step, annotate, service, spec, steps
from conformance.cloud_controllers.site import Site, site
from testkit.control_planes.build import BuildError
from testkit.control_planes.cloud_controller import build_cloud_controller

PATIENCE = 60.0


@pytest.fixture
def both(tmp_path: Path) -> Iterator[tuple[Site, Site]]:
    """The real one's, and that of the one in the box."""
    try:
        program = build_cloud_controller()
    except BuildError as error:
        pytest.skip(str(error))
    with ExitStack() as stack:
        yield (
            stack.enter_context(site(tmp_path / "real", program)),
            stack.enter_context(site(tmp_path / "box", None)),
        )


def done(sites: tuple[Site, Site], step: Step) -> tuple[Row, Row]:
    """What both have made of it: the same, or what it is when their time is over."""
    end = time.monotonic() + PATIENCE

    def one(where: Site) -> Row:
        step.do(where)
        return seen(where)

    with ThreadPoolExecutor(2) as pool:
        real, box = pool.map(one, sites)
        while not step.reached(real) or list(differences(real, box)):
            if time.monotonic() > end:
                break
            real, box = pool.map(seen, sites)
    return real, box


def seen(where: Site) -> Row:
    """When it has come to rest."""
    settle(where)
    return observed(where)


@pytest.mark.timeout(1200)
def test_both_make_the_same_of_each_step(both: tuple[Site, Site]) -> None:
    """Names, listeners, target groups, rules, tags; finalizers and statuses; Nodes; Events."""
    for step in steps():
        real, box = done(both, step)
        assert step.reached(real), f"{step.name!r}: even the real one did nothing"
        found = list(differences(real, box))
        assert not found, f"after {step.name!r}:\n" + "\n".join(found)
    made = ("nlb", "classic", "target group", "security group k8s")
    assert not [each for each in box if each.startswith(made)]


@pytest.mark.timeout(600)
def test_what_upstream_leaves_behind_goes(both: tuple[Site, Site], monkeypatch: pytest.MonkeyPatch) -> None:
    """The differences that docs/cloud-controller.md names: the other kind's balancer, needless rules."""
    ranged = service("web", HTTP, annotations=NLB, loadBalancerSourceRanges=["192.0.2.0/24"])
    done(both, Step("node", lambda where: where.register(1), lambda found: "node 0" in found))
    done(both, Step("ranges", ranged, lambda found: "nlb BALANCER(web)" in found))
    monkeypatch.setattr(sys.modules[__name__], "PATIENCE", 5.0)
    real, box = done(both, Step("everybody", spec("web", loadBalancerSourceRanges=None)))
    [rules] = differences(real, box)
    assert rules.startswith("/security group nodes/rules:")
    real, box = done(both, Step("classic", annotate("web", type=None), lambda found: "classic" in str(found)))
    kinds = ("nlb", "classic")
    assert [each for each in real if each.startswith(kinds)] == ["classic BALANCER(web)", "nlb BALANCER(web)"]
    assert [each for each in box if each.startswith(kinds)] == ["classic BALANCER(web)"]
