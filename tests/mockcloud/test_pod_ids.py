"""Which ids pods have, and what a pod's ids are outside."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockcloud.pod_ids import FIRST, MOST, RANGES, PodIds, pod_ids

EVERYTHING = "         0          0 4294967295\n"


@given(st.text())
def test_a_lab_of_roots_has_a_range_of_its_own(lab):
    """Above what accounts and container managers use, and never the machine's root."""
    ids = pod_ids(EVERYTHING, EVERYTHING, lab)
    assert FIRST <= ids.first <= FIRST + (RANGES - 1) * MOST < 1 << 31
    assert (ids.count, (ids.first - FIRST) % MOST) == (MOST, 0)


@pytest.mark.parametrize(
    ("uid_map", "gid_map"),
    [
        pytest.param("0 1000 1\n", "0 1000 1\n", id="an-ordinary-user"),
        pytest.param("0 100000 65536\n", "0 100000 65536\n", id="root-of-a-container"),
        pytest.param(EVERYTHING, "0 1000 1\n", id="groups-are-missing"),
    ],
)
def test_where_there_are_no_other_ids_pods_have_the_labs_one(uid_map, gid_map):
    """A range needs ids that the lab has itself."""
    assert pod_ids(uid_map, gid_map, "lab") == PodIds(0, 1)


def test_the_labs_numbers_for_a_pods():
    """In a range they are counted from its beginning; the only id is whatever a pod calls it."""
    assert PodIds(5000, 10).owner(3, 4) == (5003, 5004)
    assert PodIds(0, 1).owner(1000, 2000) == (0, 0)


@pytest.mark.parametrize(
    ("uid", "gid", "named"), [(10, 0, "user id 10"), (0, 11, "group id 11"), (-1, 0, "-1")]
)
def test_an_id_that_no_pod_has_is_named(uid, gid, named):
    """With those that there are."""
    with pytest.raises(ValueError, match=f"{named}: pods of this lab have the ids 0 to 9"):
        PodIds(0, 10).owner(uid, gid)
