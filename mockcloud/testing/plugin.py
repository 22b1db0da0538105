"""pytest's plug-in: labs and clouds in fixtures. Installed with mockcloud, it is there without an import."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

    from mockcloud.cloud.in_process import InProcessCloud
    from mockcloud.testing import Lab
    from mockcloud.testing.cloud_lab import MockCloudLab

MARKER: Final = "mock_cloud(faults=[...], operation_seconds=0.0, seed=0)"
_KEPT: Final = pytest.StashKey[list[str]]()
_BY_DEFAULT: Final[dict[str, Any]] = {"faults": (), "operation_seconds": 0.0, "seed": 0}


_LABS: Final = ("mockcloud_lab", "mock_cloud_lab")
_SCOPES: Final = ("session", "package", "module", "class", "function")
_HANDED_OVER: Final = "mockcloud_kept"
_LONGEST: Final = 120  # characters of a test's name in a file's; with the rest below the 255 of a file system
_LINES: Final = 60  # of a lab's logs, shown below a test that failed


def pytest_addoption(parser: pytest.Parser) -> None:
    """What a person says of labs."""
    group = parser.getgroup("mockcloud", "labs of mockcloud")
    group.addoption(
        "--mockcloud-scope", choices=_SCOPES, default="session", help="for how long one mockcloud_lab lives"
    )
    group.addoption(
        "--mockcloud-required", action="store_true", help="fail, instead of skip, where there can be no lab"
    )
    group.addoption(
        "--mockcloud-keep", action="store_true", help="leave labs up in the end, to be looked into"
    )
    group.addoption(
        "--mockcloud-logs", metavar="DIR", help="write a lab's logs into DIR when a test with it has failed"
    )


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
def mockcloud_lab_options() -> tuple[str, ...]:
    """Of `mockcloud up` for `mockcloud_lab`; to be overridden in a conftest.py."""
    return ()


def _scope(fixture_name: str, config: pytest.Config) -> Any:  # noqa: ANN401 - pytest's own signature
    return config.getoption("--mockcloud-scope")


@pytest.fixture(scope=_scope)
def mockcloud_lab(request: pytest.FixtureRequest, mockcloud_lab_options: tuple[str, ...]) -> Iterator[Lab]:
    """A lab: a cluster of this machine's own, with a client outside of it (docs/testing.md).

    It lives as long as --mockcloud-scope says; each worker of pytest-xdist has one of its own.
    """
    from mockcloud.testing import LabFailed, lab

    _require("baremetal", request.config)
    keep = request.config.getoption("--mockcloud-keep")
    try:
        with lab(options=mockcloud_lab_options, keep=keep) as made:
            if keep:
                _kept(request.config).append(made.name)
            yield made
    except LabFailed as error:
        pytest.fail(str(error), pytrace=False)


@pytest.fixture(scope="session")
def mock_cloud_lab_options() -> tuple[str, ...]:
    """Of `mockcloud up` for `mock_cloud_lab`; to be overridden in a conftest.py."""
    return ()


@pytest.fixture(scope="session")
def mock_cloud_lab(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    mock_cloud_lab_options: tuple[str, ...],
) -> Iterator[MockCloudLab]:
    """A lab with a cloud, for the whole session; skips with the reason where the machine can have none."""
    from mockcloud.testing.cloud_lab import cloud_lab
    from mockcloud.testing.command import LabFailed

    _require("cloud", request.config)
    try:
        with cloud_lab(mock_cloud_lab_options, state=tmp_path_factory.mktemp("mock-cloud-lab")) as lab:
            yield lab
    except LabFailed as error:
        pytest.fail(str(error), pytrace=False)


def _require(provider: str, config: pytest.Config) -> None:
    """Skip with the reason where there can be no such lab; fail where one is required."""
    from mockcloud.testing import command

    missing = command.what_is_missing(provider)
    if missing and config.getoption("--mockcloud-required"):
        pytest.fail(f"--mockcloud-required: {missing}", pytrace=False)
    if missing:
        pytest.skip(missing)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Below a test that failed, also in a fixture before or after it: what its lab said last."""
    report = yield
    if report.failed and isinstance(item, pytest.Function):
        for name in _LABS:
            if name in item.funcargs:
                _show(item, report, item.funcargs[name])
    return report


def _show(item: pytest.Item, report: pytest.TestReport, lab: Any) -> None:  # noqa: ANN401 - pytest's object
    from mockcloud.testing import LabFailed

    try:
        said = lab.logs()
    except LabFailed as error:
        said = str(error)
    last = "\n".join(said.splitlines()[-_LINES:])
    report.sections.append((f"lab {lab.name}: the last lines of its logs", last))
    folder = item.config.getoption("--mockcloud-logs")
    if folder:
        path = Path(folder) / _log_name(item.nodeid, lab.name, report.when or "call")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(said)
        except OSError as error:
            report.sections.append(("not all of them", f"cannot write {path}: {error.strerror}"))
        else:
            report.sections.append(("all of them", str(path)))


def _log_name(test: str, lab: str, when: str) -> str:
    """Each failure's own, also where tests run again or fail once more in the end."""
    name = re.sub(r"[^\w.-]+", "_", test).strip("_")
    if len(name) > _LONGEST:
        name = f"{name[:_LONGEST]}-{hashlib.sha256(test.encode()).hexdigest()[:8]}"
    return f"{name}.{lab}{'' if when == 'call' else f'.{when}'}.log"


def _kept(config: pytest.Config) -> list[str]:
    """The names of labs that are left up; a worker of pytest-xdist hands them to whom reports."""
    output: dict[str, Any] | None = getattr(config, "workeroutput", None)
    if output is not None:
        names: list[str] = output.setdefault(_HANDED_OVER, [])
        return names
    return config.stash.setdefault(_KEPT, [])


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any, error: object) -> None:  # noqa: ANN401 - xdist's own signature
    """A worker of pytest-xdist has ended: which labs it has left up."""
    _kept(node.config).extend(getattr(node, "workeroutput", {}).get(_HANDED_OVER, ()))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """How to reach the labs that were kept, and how to end them."""
    for name in _kept(config):
        terminalreporter.write_line(
            f"lab {name} is still up: export MOCKCLOUD_NAME={name}; mockcloud down ends it"
        )


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
