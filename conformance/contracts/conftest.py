"""Both control planes, once for all contracts."""

import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from conformance.harness.compare import accepted_rows
from conformance.harness.contract import Sides
from conformance.harness.nodes import NODES, register
from conformance.harness.side import Cluster, Side
from testkit.control_planes import planes
from testkit.control_planes.build import programs_dir


@pytest.fixture(scope="session")
def sides() -> Iterator[Sides]:
    """The real and the embedded control plane, running side by side with the same nodes."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="conformance-")))
        real = stack.enter_context(planes.real(folder / "real", programs_dir()))
        embedded = stack.enter_context(planes.embedded(folder / "embedded"))
        both = Sides(_cluster("real", real), _cluster("embedded", embedded), accepted_rows())
        for cluster in (both.real, both.embedded):
            for node in NODES:
                register(Side(cluster, ""), node)
        yield both


def _cluster(name: str, kubeconfig: Path) -> Cluster:
    return Cluster(name, kubeconfig, kubeconfig.parent)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """What asks whether accepted differences were met runs last, and only after all contracts."""
    last = [item for item in items if item.path.name == "test_accepted.py"]
    rest = [item for item in items if item not in last]
    partial = config.option.keyword or any(
        "::" in argument or argument.endswith(".py") for argument in config.args
    )
    if partial:
        config.hook.pytest_deselected(items=last)
    items[:] = rest if partial else [*rest, *last]
