"""securityContext -> what a container is, and may."""

import pytest

from mockcloud.node.pods.security import (
    DEFAULT,
    NAMES,
    NON_ROOT,
    Security,
    as_user_of_image,
    fs_group,
    security,
)


def of(own=None, **shared):
    """A container's, with this context in a pod with that."""
    container = {} if own is None else {"securityContext": own}
    return security({"securityContext": shared} if shared else {}, container)


@pytest.mark.parametrize(
    ("own", "shared", "expected"),
    [
        pytest.param(None, {}, Security(), id="nothing-said"),
        pytest.param(
            {"runAsUser": 5},
            {"runAsUser": 6, "runAsGroup": 7},
            Security(uid=5, gid=7, named=True),
            id="own-first",
        ),
        pytest.param(
            None,
            {"runAsNonRoot": True},
            Security(uid=NON_ROOT, not_root=True),
            id="not-root-and-no-one-named",
        ),
        pytest.param({"runAsNonRoot": False}, {"runAsNonRoot": True}, Security(), id="own-non-root-first"),
        pytest.param(
            None, {"fsGroup": 9, "supplementalGroups": [8, 9]}, Security(groups=(8, 9)), id="groups"
        ),
        pytest.param({"readOnlyRootFilesystem": True}, {}, Security(read_only_root=True), id="read-only"),
        pytest.param({"allowPrivilegeEscalation": True}, {}, Security(may_escalate=True), id="escalation"),
        pytest.param({"procMount": "Unmasked"}, {}, Security(unmasked=True), id="all-of-proc"),
        pytest.param(
            None, {"seccompProfile": {"type": "Unconfined"}}, Security(filtered=False), id="unconfined-pod"
        ),
        pytest.param(
            {"seccompProfile": {"type": "RuntimeDefault"}},
            {"seccompProfile": {"type": "Unconfined"}},
            Security(),
            id="own-profile-first",
        ),
        pytest.param(
            {"privileged": True},
            {},
            Security(
                capabilities=frozenset(NAMES),
                privileged=True,
                may_escalate=True,
                filtered=False,
                unmasked=True,
            ),
            id="privileged",
        ),
    ],
)
def test_contexts(own, shared, expected):
    """A container's own fields come first, as Kubernetes has it."""
    assert of(own, **shared) == expected


@pytest.mark.parametrize(
    ("own", "shared", "ids"),
    [
        ({}, {}, (1000, 50)),
        ({"runAsGroup": 9}, {}, (1000, 9)),
        ({}, {"runAsUser": 0}, (0, 0)),
        ({"runAsUser": 5}, {"runAsNonRoot": True}, (5, 0)),
        ({}, {"runAsNonRoot": True}, (1000, 50)),
    ],
)
def test_an_images_user_counts_unless_another_is_named(own, shared, ids):
    """USER of a loaded image; one that must not be root needs an image whose user is not."""
    found = as_user_of_image(of(own, **shared), 1000, 50)
    assert (found.uid, found.gid) == ids
    with pytest.raises(ValueError, match="container has runAsNonRoot and image will run as root"):
        as_user_of_image(of({"runAsNonRoot": True}), 0, 0)


@pytest.mark.parametrize(
    ("add", "drop", "expected"),
    [
        ([], ["ALL"], set()),
        (["NET_BIND_SERVICE"], ["ALL"], {"NET_BIND_SERVICE"}),
        (["NET_ADMIN", "CAP_SYS_TIME"], [], DEFAULT | {"NET_ADMIN", "SYS_TIME"}),
        ([], ["net_raw"], DEFAULT - {"NET_RAW"}),
        (["ALL"], ["NET_RAW"], set(NAMES) - {"NET_RAW"}),
    ],
)
def test_capabilities(add, drop, expected):
    """Added to and dropped from a runtime's own, by names with and without CAP_."""
    assert of({"capabilities": {"add": add, "drop": drop}}).capabilities == expected


def test_who_may_mount_may_escalate():
    """As Kubernetes has it for SYS_ADMIN."""
    found = of({"capabilities": {"add": ["SYS_ADMIN"]}})
    assert (found.may_mount, found.may_escalate, found.filtered) == (True, True, True)


@pytest.mark.parametrize(
    ("own", "message"),
    [
        ({"runAsNonRoot": True, "runAsUser": 0}, "breaks non-root policy"),
        ({"capabilities": {"add": ["FLY"]}}, "unknown capability 'FLY'"),
        (
            {"seccompProfile": {"type": "Localhost", "localhostProfile": "a.json"}},
            "there is no profile 'a.json'",
        ),
        ({"appArmorProfile": {"type": "Localhost", "localhostProfile": "b"}}, "appArmorProfile: .* 'b'"),
    ],
)
def test_what_cannot_be_had_is_refused(own, message):
    """With the thing and what was expected."""
    with pytest.raises(ValueError, match=message):
        of(own)


def test_whose_volumes_are():
    """fsGroup, where it is said; 0 is a group, too."""
    assert fs_group({}) is None
    assert fs_group({"securityContext": {"fsGroup": 0}}) == 0
