"""pytest's plug-in: a cloud in a fixture. Installed with mockcloud, it is there without an import."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mockcloud.cloud.in_process import InProcessCloud
    from mockcloud.pytest_lab import MockCloudLab

MARKER: Final = "mock_cloud(faults=[...], operation_seconds=0.0, seed=0)"
_BY_DEFAULT: Final[dict[str, Any]] = {"faults": (), "operation_seconds": 0.0, "seed": 0}


def pytest_configure(config: pytest.Config) -> None:
    """The marker is known, also where markers are strict."""
    said = "what the fixture mock_cloud begins with: faults as /_mock/faults takes them (docs/cloud.md)"
    config.addinivalue_line("markers", f"{MARKER}: {said}")


@pytest.fixture
def mock_cloud(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[InProcessCloud]:
    """An empty cloud in this process; the environment points both APIs' clients to it."""
    from mockcloud.cloud.environment import IN_THE_WAY
    from mockcloud.cloud.in_process import in_process_cloud

    wanted = _wanted(request.node)
    with in_process_cloud(operation_seconds=wanted["operation_seconds"], seed=wanted["seed"]) as cloud:
        for number, fault in enumerate(wanted["faults"]):
            _inject(cloud, number, fault)
        for name, value in cloud.environment.items():
            monkeypatch.setenv(name, value)
        for name in IN_THE_WAY:
            monkeypatch.delenv(name, raising=False)
        yield cloud


@pytest.fixture(scope="session")
def mock_cloud_lab_options() -> tuple[str, ...]:
    """Of `mockcloud up` for `mock_cloud_lab`; to be overridden in a conftest.py."""
    return ()


@pytest.fixture(scope="session")
def mock_cloud_lab(
    tmp_path_factory: pytest.TempPathFactory, mock_cloud_lab_options: tuple[str, ...]
) -> Iterator[MockCloudLab]:
    """A lab with a cloud, for the whole session; skips with the reason where the machine can have none."""
    from mockcloud.pytest_lab import LabFailed, cloud_lab, what_is_missing

    missing = what_is_missing()
    if missing:
        pytest.skip(missing)
    try:
        with cloud_lab(tmp_path_factory.mktemp("mock-cloud-lab"), mock_cloud_lab_options) as lab:
            yield lab
    except LabFailed as error:
        pytest.fail(str(error), pytrace=False)


def _wanted(node: pytest.Item) -> dict[str, Any]:
    """What the markers say, the nearest last."""
    found = dict(_BY_DEFAULT)
    for marker in reversed(list(node.iter_markers("mock_cloud"))):
        wrong = [f"{name}=" for name in marker.kwargs if name not in _BY_DEFAULT] + list(
            map(repr, marker.args)
        )
        if wrong:
            _refuse(f"does not take {', '.join(wrong)}")
        found |= marker.kwargs
    seconds = found["operation_seconds"]
    if isinstance(seconds, bool) or not isinstance(seconds, int | float) or seconds < 0:
        _refuse(f"operation_seconds={seconds!r}: expected seconds, 0 or more")
    if not isinstance(found["seed"], int):
        _refuse(f"seed={found['seed']!r}: expected a whole number")
    if not isinstance(found["faults"], list | tuple):
        _refuse(f"faults={found['faults']!r}: expected a list of faults")
    return found


def _inject(cloud: InProcessCloud, number: int, fault: Any) -> None:  # noqa: ANN401 - whatever a test says
    from mockcloud.cloud.ordering import WrongFault

    if not isinstance(fault, dict) or not all(isinstance(name, str) for name in fault):
        _refuse(f"faults[{number}]={fault!r}: expected a dict, such as {{'path': '/ec2/*', 'status': 503}}")
    try:
        cloud.fault(**fault)
    except WrongFault as error:
        _refuse(f"faults[{number}]: {error}")


def _refuse(why: str) -> None:
    pytest.fail(f"@pytest.mark.mock_cloud: {why}; it is {MARKER}", pytrace=False)
