"""MetalLB's own controller and speakers, and `baremetal-lb migrate`: there and back, no address changes."""

from __future__ import annotations

import subprocess
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

import pytest
import yaml

from e2e.real import metallb
from e2e.real.scenarios.release import SCENARIO, Release, backend, balancer

if TYPE_CHECKING:
    from collections.abc import Iterator

RANGE: Final = "192.168.10.230-192.168.10.239"
NAMES: Final = ("kept-1", "kept-2")
LONGEST: Final = 2.0  # seconds, on a busy machine; docs/performance.md has what was measured
MIGRATE: Final = (sys.executable, "-m", "baremetal_lb", "migrate")


def configuration() -> list[dict[str, Any]]:
    """A pool, announced in layer 2."""
    metadata = {"namespace": metallb.NAMESPACE, "labels": SCENARIO}
    version = {"apiVersion": "metallb.io/v1beta1"}
    pool = {"kind": "IPAddressPool", "metadata": {"name": "old", **metadata}, "spec": {"addresses": [RANGE]}}
    return [
        {**version, **pool},
        {**version, "kind": "L2Advertisement", "metadata": {"name": "all", **metadata}},
    ]


@pytest.fixture(scope="module")
def served(cluster) -> Iterator[dict[str, list[str]]]:
    """MetalLB is installed and gives each Service an address, by which it answers: name -> addresses."""
    manifest = metallb.manifest()
    cluster.apply(*(each for each in manifest if each["kind"] in ("Namespace", "CustomResourceDefinition")))
    cluster.apply(*manifest)
    for workload in ("deployment/controller", "daemonset/speaker"):
        cluster.kubectl("rollout", "status", workload, "-n", metallb.NAMESPACE, "--timeout=240s")
    cluster.kubectl("wait", "--for=condition=Established", "crd", "--all", "--timeout=60s")
    cluster.apply(*configuration(), backend("kept", "node-3"), *(balancer(name, "kept") for name in NAMES))
    cluster.kubectl("rollout", "status", "deployment/kept", "--timeout=90s")
    yield {
        name: cluster.until(f"an address for {name}", lambda name=name: cluster.addresses(name))
        for name in NAMES
    }
    cluster.kubectl("delete", "deployments,services", "--selector", "baremetal-lb.io/scenario=real")
    cluster.run("kubectl", "delete", "-f", "-", "--ignore-not-found", given=documents(reversed(manifest)))


def documents(objects) -> str:
    """For kubectl's stdin."""
    return yaml.safe_dump_all(objects)


@contextmanager
def migrating(*options: str) -> Iterator[subprocess.Popen[str]]:
    """The command runs meanwhile, and has ended well afterwards."""
    with subprocess.Popen(
        [*MIGRATE, *options], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as done:
        try:
            yield done
            said, _ = done.communicate(timeout=240)
            assert done.returncode == 0, said
        finally:
            done.kill()


def test_there_and_back_no_address_changes(cluster, served, figure):
    """As docs/from-metallb.md says, to the letter; a client connects all the while."""
    for name in NAMES:
        cluster.fetch(served[name][0])
    release, address = Release(cluster), served[NAMES[0]][0]
    values = cluster.place / "values.yaml"
    values.write_text(cluster.run(*MIGRATE, "-o", "values"))
    with cluster.calling(address) as seen, migrating("--take-over"):
        release.install("-f", str(values))
    figure("taken over from MetalLB", seen)
    assert {name: cluster.announced(name) for name in NAMES} == served
    assert seen.longest < LONGEST, seen
    cluster.apply(balancer("new", "kept"))
    (added,) = cluster.announced("new")
    cluster.fetch(added)
    with cluster.calling(address) as seen, migrating("--give-back"):
        pass
    figure("given back to MetalLB", seen)
    assert {name: cluster.addresses(name) for name in NAMES} == served
    assert seen.longest < LONGEST, seen
    release.uninstall()
    for name in NAMES:
        cluster.fetch(served[name][0])
