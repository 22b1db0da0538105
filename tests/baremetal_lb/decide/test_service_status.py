"""What is written into a status, and that nothing is where all is said already."""

from dataclasses import replace
from ipaddress import ip_address

import pytest

from baremetal_lb.decide.service_status import ConditionWrite, StatusWrite, write
from baremetal_lb.model.api_names import (
    Reason,
)
from baremetal_lb.model.objects import ObjectKey
from baremetal_lb.model.services import Condition, Outcome, ServiceStatus, ServiceView

KEY, ONE, TWO = ObjectKey("x", "web"), ip_address("10.0.0.1"), ip_address("10.0.0.2")
HAS = Outcome(KEY, (ONE,), "lab", Reason.ALLOCATED, "10.0.0.1")
WAITS = Outcome(KEY, (), None, Reason.EXHAUSTED, "full")
YES, NO = Condition(True, "Announced", "by n"), Condition(False, "NoEndpoints", "none")
TOLD = ServiceStatus((ONE,), (), "lab", HAS.condition, YES)


def view(status: ServiceStatus, *, balancer: bool = True) -> ServiceView:
    return ServiceView(KEY, "u", "7", "", balancer, status=status)


def written(**fields) -> StatusWrite:
    return replace(StatusWrite(KEY, "7", (ONE,), "lab", None, None), **fields)


@pytest.mark.parametrize(
    ("status", "outcome", "announced", "expected"),
    [
        pytest.param(TOLD, HAS, YES, None, id="all is said"),
        pytest.param(TOLD, HAS, None, None, id="nothing is known of who announces it"),
        pytest.param(
            TOLD, HAS, NO, written(announced=ConditionWrite(NO, True)), id="nobody announces any more"
        ),
        pytest.param(
            TOLD,
            HAS,
            replace(YES, message="by m"),
            written(announced=ConditionWrite(replace(YES, message="by m"), False)),
            id="another node",
        ),
        pytest.param(
            ServiceStatus(),
            HAS,
            None,
            written(allocated=ConditionWrite(HAS.condition, True)),
            id="an address",
        ),
        pytest.param(
            replace(TOLD, addresses=(TWO,)),
            HAS,
            None,
            written(announced=ConditionWrite(None, True)),
            id="another address, of which nothing is known",
        ),
        pytest.param(
            replace(TOLD, announced=None),
            HAS,
            YES,
            written(announced=ConditionWrite(YES, True)),
            id="a deleted condition",
        ),
        pytest.param(
            TOLD,
            WAITS,
            None,
            written(
                addresses=(),
                pool=None,
                allocated=ConditionWrite(WAITS.condition, True),
                announced=ConditionWrite(None, True),
            ),
            id="no address any more",
        ),
    ],
)
def test_only_what_changes_is_written(status, outcome, announced, expected):
    """One PATCH for all that is new; a condition that stays is not in it."""
    assert write(view(status), outcome, announced) == expected


def test_what_is_no_load_balancer_any_more_is_cleared():
    """And what never was one is not touched."""
    gone = ConditionWrite(None, True)
    cleared = StatusWrite(KEY, "7", (), None, gone, gone)
    assert write(view(TOLD, balancer=False), None) == cleared
    assert write(view(ServiceStatus(announced=YES), balancer=False), None) == replace(cleared, allocated=None)
    assert write(view(ServiceStatus(), balancer=False), None) is None
    assert write(view(TOLD), None) is None, "another class's"
