"""Who owns a claim, policy by policy."""

import pytest

from mockcloud.controllers.statefulset.retention import owners, stale

SET = {"apiVersion": "apps/v1", "kind": "StatefulSet", "name": "db", "uid": "set"}
POD = {"apiVersion": "v1", "kind": "Pod", "name": "db-2", "uid": "uid of db-2"}
OTHER = {"apiVersion": "v1", "kind": "ConfigMap", "name": "x", "uid": "other"}


def controls(reference):
    return {**reference, "controller": True, "blockOwnerDeletion": True}


@pytest.mark.parametrize(
    ("deleted", "scaled", "replicas", "present", "expected"),
    [
        pytest.param("Retain", "Retain", 3, [], None, id="kept"),
        pytest.param("Retain", "Retain", 3, [controls(SET)], [], id="kept-from-now-on"),
        pytest.param("Delete", "Retain", 3, [], ["set"], id="with-the-set"),
        pytest.param("Delete", "Retain", 2, [controls(SET)], None, id="with-the-set-also-when-condemned"),
        pytest.param("Retain", "Delete", 3, [], None, id="when-scaled-not-yet"),
        pytest.param("Retain", "Delete", 2, [], ["uid of db-2"], id="when-scaled"),
        pytest.param("Delete", "Delete", 3, [], ["set"], id="both"),
        pytest.param("Delete", "Delete", 2, [controls(SET)], ["uid of db-2"], id="both-condemned"),
        pytest.param("Delete", "Delete", 3, [controls(POD)], ["set"], id="both-wanted-again"),
        pytest.param("Delete", "Retain", 3, [SET], ["set"], id="an-owner-that-does-not-control"),
        pytest.param("Delete", "Retain", 3, [controls(OTHER)], None, id="somebody-elses"),
        pytest.param(
            "Delete", "Retain", 3, [controls(OTHER), SET], ["other"], id="somebody-elses-is-left-alone"
        ),
        pytest.param("Delete", "Delete", 2, [{**POD, "uid": "earlier"}], None, id="an-earlier-pods"),
        pytest.param("Delete", "Delete", 3, [{**SET, "uid": "earlier"}], None, id="an-earlier-sets"),
    ],
)
def test_owners(make, deleted, scaled, replicas, present, expected):
    """None where nothing is to be written."""
    policy = {"whenDeleted": deleted, "whenScaled": scaled}
    owner = make.set(replicas=replicas, persistentVolumeClaimRetentionPolicy=policy)
    found = owners(owner, make.pod("db-2"), make.claim("data-db-2", present))
    assert (None if found is None else [each.uid for each in found]) == expected


def test_a_claim_that_goes_with_an_earlier_pod_is_not_for_the_next(make):
    """Only where claims go when scaled away."""
    claim = make.claim("data-db-2", [controls(POD)])
    assert stale(make.set(persistentVolumeClaimRetentionPolicy={"whenScaled": "Delete"}), 2, claim)
    assert not stale(make.set(), 2, claim)
