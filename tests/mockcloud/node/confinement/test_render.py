"""What a pod's holder is told of a container's confinement."""

import pytest

from mockcloud.node.confinement.render import confinement
from mockcloud.node.pods.security import DEFAULT, NAMES, Security
from mockcloud.node.shim.confining import Confinement
from mockcloud.pod_ids import PodIds

RANGE, ONE = PodIds(500000, 65536), PodIds(0, 1)


def told(security, ids=RANGE):
    return Confinement(**confinement(security, ids))


def test_a_container_that_says_nothing_is_confined():
    """Root of its pod, a runtime's capabilities and calls, and no way to more."""
    found = told(Security())
    assert (found.uid, found.owner, found.renamed, found.mounts) == (0, (500000, 500000), False, False)
    assert found.capabilities == [NAMES.index(name) for name in NAMES if name in DEFAULT]
    assert found.no_new_privileges
    assert found.masked
    assert len(bytes.fromhex(found.seccomp)) % 8 == 0 < len(found.seccomp)


def test_a_privileged_container_has_all_that_a_pod_has():
    """Its capabilities are the kernel's, whatever their number; its mounts are its own."""
    everything = Security(privileged=True, capabilities=frozenset(NAMES), filtered=False, unmasked=True)
    found = told(everything)
    assert (found.capabilities, found.seccomp, found.masked, found.mounts) == (None, "", False, True)


def test_ids_are_what_the_container_says():
    """Its groups too; where there is one id only, that is renamed, and files belong to it anyway."""
    found = told(Security(uid=1000, gid=2000, groups=(3000,)))
    assert (found.uid, found.gid, found.groups, found.owner) == (1000, 2000, (3000,), (501000, 502000))
    one = told(Security(uid=1000, gid=2000, groups=(3000,)), ONE)
    assert (one.uid, one.gid, one.groups, one.owner, one.renamed) == (1000, 2000, (), (0, 0), True)
    root = told(Security(gid=2000), ONE)
    assert (root.uid, root.gid, root.renamed) == (0, 0, False)


@pytest.mark.parametrize("security", [Security(uid=65536), Security(gid=70000), Security(groups=(1 << 31,))])
def test_an_id_that_no_pod_has_is_refused(security):
    """Before anything is started."""
    with pytest.raises(ValueError, match="pods of this lab have the ids 0 to 65535"):
        told(security)
