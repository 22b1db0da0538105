"""The order in which MetalLB's Services are taken over, or given back: from what is so to what comes next.

Nothing is remembered between two looks: whatever was done before, by whomever, is seen. So each step may be
done twice, and a run that was broken off goes on where it was.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class Workload:
    """A Deployment or DaemonSet: how many pods are wanted, how many there are, and ready."""

    name: str
    wanted: int = 0
    pods: int = 0
    ready: int = 0
    parked: bool = False  # we have stopped it, and noted how it was


@dataclass(frozen=True, slots=True)
class Observed:
    """One look at the cluster. `None` of a workload: there is none."""

    has_pools: bool = False  # our ConfigMap is there, with a configuration
    held: bool = False
    leads: bool = False  # a controller of ours
    verdict: str = ""  # on our ConfigMap
    daemon_set: Workload | None = None  # of our speakers; whoever starts them otherwise has none
    speakers: int = 0  # of ours, by their reports
    holding: int = 0  # of these, who say that they hold back
    announcing: int = 0  # addresses that they report as announced
    controller: Workload | None = None
    metallb_speakers: Workload | None = None
    silent: tuple[str, ...] = ()  # Services with an address that ours do not announce, though they should


class Act(Enum):
    """What can be done, in the words in which it is told."""

    HOLD = "tell our speakers to announce nothing yet (annotation on our ConfigMap)"
    WRITE_POOLS = "write the pools into our ConfigMap"
    STOP_CONTROLLER = "scale MetalLB's controller to 0"
    STOP_SPEAKERS = "stop MetalLB's speakers (a node selector that no node has)"
    RELEASE = "let our speakers announce"
    START_SPEAKERS = "start MetalLB's speakers again"
    START_CONTROLLER = "scale MetalLB's controller up again"


@dataclass(frozen=True, slots=True)
class Wait:
    """What has to be so first, and how it is meanwhile."""

    what: str


@dataclass(frozen=True, slots=True)
class Done:
    """Nothing more is to be done."""


Next: TypeAlias = Act | Wait | Done


def take_over(seen: Observed) -> Next:
    """What comes next on the way from MetalLB to us."""
    if _runs(seen.controller) or _runs(seen.metallb_speakers):
        return _prepare(seen) or _stop(seen)
    if seen.held:
        return Act.RELEASE
    if seen.silent:
        return Wait(f"until our speakers announce {_listed(seen.silent)}")
    return Done()


def give_back(seen: Observed) -> Next:
    """What comes next on the way from us to MetalLB."""
    parked = [each for each in (seen.controller, seen.metallb_speakers) if each is not None and each.parked]
    if parked and not seen.held:
        return Act.HOLD
    if parked and seen.announcing:
        return Wait(f"until our speakers have left all addresses; they announce {seen.announcing}")
    speakers, controller = seen.metallb_speakers, seen.controller
    if speakers is not None and speakers.parked:
        return Act.START_SPEAKERS
    if speakers is not None and speakers.ready < max(speakers.wanted, speakers.pods):
        return Wait(f"until MetalLB's speakers are ready: {speakers.ready} of {speakers.wanted}")
    if controller is not None and controller.parked:
        return Act.START_CONTROLLER
    if controller is not None and controller.ready < controller.wanted:
        return Wait(f"until MetalLB's controller is ready: {controller.ready} of {controller.wanted}")
    return Done()


def _runs(workload: Workload | None) -> bool:
    return workload is not None and (workload.wanted > 0 or workload.pods > 0)


def _prepare(seen: Observed) -> Next | None:
    """Ours must stand ready, and hold back, before anything of MetalLB's is stopped."""
    if not seen.held:
        return Act.HOLD
    if not seen.has_pools:
        return Act.WRITE_POOLS
    if not seen.leads:
        return Wait("until a controller of ours leads; is the chart installed? (docs/from-metallb.md)")
    if not seen.verdict.startswith("accepted"):
        return Wait(f"until our controller accepts its ConfigMap; it says: {seen.verdict or 'nothing yet'}")
    wanted = seen.speakers if seen.daemon_set is None else seen.daemon_set.wanted
    if not seen.speakers or not wanted:
        return Wait("until speakers of ours report; is the chart installed, with speaker.enabled?")
    if seen.holding < max(wanted, seen.speakers) or seen.announcing:
        return Wait(f"until our speakers hold back: {seen.holding} of {max(wanted, seen.speakers)} do")
    return None


def _stop(seen: Observed) -> Next:
    controller, speakers = seen.controller, seen.metallb_speakers
    if controller is not None and controller.wanted > 0:
        return Act.STOP_CONTROLLER
    if controller is not None and controller.pods > 0:
        return Wait(f"until MetalLB's controller has stopped: {controller.pods} left")
    if speakers is not None and not speakers.parked:
        return Act.STOP_SPEAKERS
    return Wait(f"until MetalLB's speakers have stopped: {speakers.pods if speakers else 0} left")


def _listed(names: tuple[str, ...]) -> str:
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return ", ".join(names[:3]) + more
