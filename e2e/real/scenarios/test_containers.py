"""What the kernel lets the daemons' processes do, as docs/security.md has it; and `helm test`, either way."""

from __future__ import annotations

import re

import pytest

NET_RAW = 1 << 13  # capabilities(7)
SECCOMP_FILTER = "2"  # proc(5)
SETS = ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")


def status(cluster, namespace: str, component: str) -> dict[str, str]:
    """Of the main process of one of the component's pods, by the kernel."""
    selector = f"app.kubernetes.io/component={component}"
    pod = cluster.get("pods", "-n", namespace, "-l", selector)["items"][0]["metadata"]["name"]
    said = cluster.kubectl("exec", "-n", namespace, pod, "--", "cat", "/proc/1/status")
    return dict(re.findall(r"^(\w+):\t(.*)$", said, re.MULTILINE))


def capabilities(found: dict[str, str]) -> set[int]:
    """All that it has or could get."""
    return {int(found[each], 16) for each in SETS} - {0}


def test_the_controller_has_no_capability(cluster, release):
    """Nor user 0, nor a way to become more than it is."""
    found = status(cluster, release.namespace, "controller")
    assert capabilities(found) == set()
    assert (found["Uid"].split()[0], found["NoNewPrivs"], found["Seccomp"]) == ("65532", "1", SECCOMP_FILTER)


@pytest.mark.parametrize(("non_root", "uid", "no_new_privs"), [("true", "65532", "0"), ("false", "0", "1")])
def test_the_speaker_has_one_capability(cluster, release, non_root, uid, no_new_privs):
    """NET_RAW, as user 0 or as another; and addresses are announced either way, as `helm test` finds."""
    release.upgrade("--set", f"speaker.nonRoot={non_root}")
    found = status(cluster, release.namespace, "speaker")
    assert capabilities(found) == {NET_RAW}
    assert (found["Uid"].split()[0], found["NoNewPrivs"], found["Seccomp"]) == (
        uid,
        no_new_privs,
        SECCOMP_FILTER,
    )
    cluster.helm("test", release.name, "--namespace", release.namespace)
    tested = ("-n", release.namespace, "-l", "app.kubernetes.io/component=test")
    left = cluster.kubectl("get", "pods,services", *tested)
    assert left == ""
