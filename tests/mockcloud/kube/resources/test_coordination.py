"""Leases."""

from mockcloud.kube.resources.coordination import LEASE


def texts(causes):
    return [str(cause) for cause in causes]


def test_leases():
    """A lease lasts some time, and only a strategy has a preference."""
    lease = {"spec": {"leaseDurationSeconds": 0, "leaseTransitions": -1, "preferredHolder": "me"}}
    assert texts(LEASE.validate(lease, None)) == [
        "spec.leaseDurationSeconds: Invalid value: 0: must be greater than 0",
        "spec.leaseTransitions: Invalid value: -1: must be greater than or equal to 0",
        "spec.preferredHolder: Forbidden: may only be specified if `strategy` is defined",
    ]
    assert texts(LEASE.validate({"spec": {"leaseDurationSeconds": 15}}, None)) == []
