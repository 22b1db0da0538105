"""Whole syncs against the mock cloud's handlers: what comes out, and that nothing is ever left behind."""

import asyncio
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mockcloud.ccm.aws import balancers
from mockcloud.ccm.aws.balancers import AwsBalancers
from mockcloud.ccm.objects.services import Ingress
from mockcloud.ccm.provider import ImplementedElsewhere, ProviderError
from tests.mockcloud.ccm.aws.cloud import CLUSTER, Account, Cut, Direct, Killed
from tests.mockcloud.ccm.aws.services import DNS, HTTP, HTTPS, service

NLB = {"type": "nlb"}
LOCAL = {"externalTrafficPolicy": "Local", "healthCheckNodePort": 32000}
VARIANTS = [
    service(annotations=NLB),
    service(HTTP, HTTPS, annotations=NLB),
    service({**HTTP, "nodePort": 30081}, annotations=NLB),
    service(DNS, annotations=NLB),
    service(annotations=NLB, **LOCAL),
    service(annotations={**NLB, "cross-zone-load-balancing-enabled": "true", "healthcheck-port": "8080"}),
    service(),
    service(HTTP, {**HTTPS, "nodePort": 30444}, loadBalancerSourceRanges=["192.0.2.0/24"]),
    service(annotations={"proxy-protocol": "*", "connection-idle-timeout": "120"}, **LOCAL),
    service({**HTTP, "nodePort": 30081}, annotations={"backend-protocol": "http", "internal": "false"}),
    service(HTTPS, annotations=NLB, loadBalancerSourceRanges=["192.0.2.0/24", "198.51.100.0/24"]),
]


def account(count=3):
    made = Account()
    made.launch(count)
    return made


def controller(made, cut=None):
    """A controller that has just been started."""
    return AwsBalancers(Direct(made.cloud, cut), CLUSTER, made.vpc)


def run(work):
    return asyncio.run(work)


@pytest.fixture(scope="module", autouse=True)
def _no_waiting():
    """Between two looks at the same cloud in the same process nothing would come to rest."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(balancers, "wait_random_exponential", lambda **_: lambda _state: 0.0)
        yield


@pytest.fixture(scope="module")
def as_new():
    """What there is when a variant is made in an account where nothing was."""
    found = []
    for variant in VARIANTS:
        made = account()
        run(controller(made).ensure(variant, made.nodes()))
        found.append(made.left())
    return found


@pytest.fixture(scope="module")
def nothing():
    return account().left()


@pytest.mark.parametrize("variant", VARIANTS)
async def test_a_sync_without_a_change_makes_no_change(variant):
    """Neither in the same process nor after a restart; where the balancer is, is told each time."""
    made = account()
    ours = controller(made)
    [told] = await ours.ensure(variant, made.nodes())
    assert told.hostname.endswith(".mockcloud.test")
    for each in (controller(made), ours):
        made_before = len(each._aws.changes)
        assert await each.ensure(variant, made.nodes()) == (Ingress(hostname=told.hostname),)
        assert each._aws.changes[made_before:] == []


async def test_what_is_another_controllers_is_left_alone():
    """Not looked at, even."""
    made = account()
    theirs = service(annotations={"type": "external"})
    with pytest.raises(ImplementedElsewhere):
        await controller(made).ensure(theirs, made.nodes())
    assert not await controller(made).exists(theirs)


async def test_an_update_of_what_is_not_there_says_so():
    """And makes nothing: the Service is perhaps being deleted."""
    made = account()
    before = made.left()
    with pytest.raises(ProviderError, match="Load balancer not found"):
        await controller(made).update(VARIANTS[0], made.nodes())
    assert made.left() == before


async def test_nodes_come_and_go():
    """Targets follow; a terminated instance is none, whatever its Node says."""
    made = account(2)
    ours = controller(made)
    await ours.ensure(VARIANTS[0], made.nodes()[:1])
    made.launch()
    await ours.update(VARIANTS[0], made.nodes())
    assert made.left()["groups"][0][-3:] == (0, 1, 2)
    made.ask("ec2", "terminate_instances", InstanceIds=[made.instances[1]])
    await ours.update(VARIANTS[0], made.nodes())
    assert made.left()["groups"][0][-2:] == (0, 2)


async def test_two_services_do_not_disturb_each_other(nothing):
    """Worked on at the same time, over the same nodes."""
    made = account()
    ours = controller(made)
    second = service({**HTTP, "nodePort": 31000}, annotations=NLB)
    second = replace(second, meta=replace(second.meta, name="other", uid=second.meta.uid.replace("6", "7")))
    await asyncio.gather(ours.ensure(VARIANTS[0], made.nodes()), ours.ensure(second, made.nodes()))
    assert len(made.left()["balancers"]) == 2
    await asyncio.gather(ours.delete(VARIANTS[0]), ours.ensure(second, made.nodes()))
    [group] = made.left()["groups"]
    assert group[0].startswith("k8s-default-other-")
    await ours.delete(second)
    assert made.left() == nothing


STEPS = st.lists(
    st.tuples(
        st.one_of(st.integers(0, len(VARIANTS) - 1), st.none()),  # a variant, or the deletion
        st.integers(0, 14),  # changes until it is cut off
        st.booleans(),  # the last of them is made, and its answer is lost
        st.booleans(),  # the process is killed, or goes on with an error
    ),
    min_size=1,
    max_size=5,
)


@settings(max_examples=150, deadline=None)
@given(steps=STEPS, wanted=st.one_of(st.integers(0, len(VARIANTS) - 1), st.none()))
def test_whatever_is_cut_off_in_the_end_there_is_what_is_wanted_and_nothing_else(
    steps, wanted, as_new, nothing
):
    """Killed between any two calls, or a call that fails, in any order of changes: one balancer, or none."""
    made = account()
    ours = controller(made)
    for step, changes, answered, killed in steps:
        ours._aws.cut = Cut(len(ours._aws.changes) + changes, answered, Killed if killed else ProviderError)
        try:
            run(ours.delete(VARIANTS[0]) if step is None else ours.ensure(VARIANTS[step], made.nodes()))
        except (Killed, ProviderError):
            if killed:
                ours = controller(made)
    ours._aws.cut = None
    if wanted is None:
        if run(ours.exists(VARIANTS[0])):
            run(ours.delete(VARIANTS[0]))
        assert made.left() == nothing
    else:
        run(ours.ensure(VARIANTS[wanted], made.nodes()))
        assert made.left() == as_new[wanted]
