"""The plug-in, as somebody else's tests have it."""

import re
import subprocess
import sys

import pytest

THEIRS = """
import os
import urllib.request

def test_theirs(mock_cloud):
    request = urllib.request.Request(
        os.environ["HCLOUD_ENDPOINT"] + "/locations",
        headers={"Authorization": "Bearer " + os.environ["HCLOUD_TOKEN"]},
    )
    assert urllib.request.urlopen(request).status == 200
    assert [call["path"] for call in mock_cloud.calls()] == ["/v1/locations"]
"""


MARKED = """
import boto3, hcloud, pytest
from botocore.exceptions import ClientError

pytestmark = pytest.mark.mock_cloud(operation_seconds=60, faults=[{"path": "/sts/*", "status": 403}])

def test_of_the_module(mock_cloud):
    with pytest.raises(ClientError):
        boto3.client("sts").get_caller_identity()

@pytest.mark.mock_cloud(faults=[
    {"path": "/v1/servers", "status": 503, "count": 1},
    {"point": "operation", "path": "/v1/load_balancers", "code": "no_capacity"},
    {"point": "edge", "zone": "eu-central-1b"},
], seed=7)
def test_of_its_own(mock_cloud):
    boto3.client("sts").get_caller_identity()
    client = hcloud.Client(mock_cloud.token, api_endpoint=mock_cloud.hcloud_endpoint)
    with pytest.raises(hcloud.APIException, match="unavailable"):
        client.servers.get_all()
    assert client.servers.get_all() == []
    kind, place = client.load_balancer_types.get_by_name("lb11"), client.locations.get_by_name("fsn1")
    made = client.load_balancers.create("web", kind, location=place)
    assert made.action.status == "running"
    mock_cloud.advance(61)
    assert client.actions.get_by_id(made.action.id).error["code"] == "no_capacity"

@pytest.mark.mock_cloud(seed=7, faults=[{"path": "/v1/*", "status": 503, "probability": 0.5}])
@pytest.mark.parametrize("again", range(2))
def test_by_chance(mock_cloud, again, met=[]):
    client = hcloud.Client(mock_cloud.token, api_endpoint=mock_cloud.hcloud_endpoint)
    def fails():
        try:
            client.servers.get_all()
        except hcloud.APIException:
            return True
    met.append([fails() for _ in range(20)])
    assert met[0] == met[-1] and len(set(met[0])) == 2
"""

IN_A_LAB = """
import pytest

@pytest.fixture(scope="session")
def mock_cloud_lab_options():
    return ("--nodes", "1", "--ccm", "none")

def test_theirs(mock_cloud_lab):
    import boto3
    told = mock_cloud_lab.environment
    ec2 = boto3.client(
        "ec2", endpoint_url=told["AWS_ENDPOINT_URL"], region_name=told["AWS_REGION"],
        aws_access_key_id=told["AWS_ACCESS_KEY_ID"], aws_secret_access_key=told["AWS_SECRET_ACCESS_KEY"],
    )
    assert len(ec2.describe_instances()["Reservations"]) >= 1
    number = mock_cloud_lab.fault("edge", zone="eu-central-1b")
    assert [each["id"] for each in mock_cloud_lab.ask("GET", "faults")["faults"]] == [number]
    mock_cloud_lab.mend(number)
    assert mock_cloud_lab.ask("GET", "faults")["faults"] == []
    assert mock_cloud_lab.run("client", "hostname").strip()
"""


A_LAB = """
import pytest

@pytest.fixture(scope="session")
def mockcloud_lab_options():
    return ("--nodes", "1")

SERVICE = {
    "apiVersion": "v1",
    "kind": "Service",
    "metadata": {"name": "web"},
    "spec": {"type": "LoadBalancer", "selector": {"app": "web"}, "ports": [{"port": 80}]},
}

def test_an_address_answers(mockcloud_lab):
    with mockcloud_lab.namespace() as namespace:
        mockcloud_lab.kubectl("create", "deployment", "web", "--image=nginx", "-n", namespace)
        mockcloud_lab.apply(SERVICE, namespace=namespace)
        mockcloud_lab.wait_rolled_out("deployment/web", namespace)
        address = mockcloud_lab.wait_announced("web", namespace)
        assert "Welcome to nginx" in mockcloud_lab.fetch(f"http://{address}/")
        assert mockcloud_lab.trace(f"http://{address}")["broken"] is None
        with pytest.raises(Exception, match="no/such"):
            mockcloud_lab.run("no/such", "true")

def test_what_fails_shows_the_logs(mockcloud_lab):
    print("lab is", mockcloud_lab.name)
    assert mockcloud_lab.get("nodes")["items"] == []
"""

ONE_EACH = """
import pytest

@pytest.fixture(scope="session")
def mockcloud_lab_options():
    return ("--nodes", "1", "--provider", "none")

@pytest.mark.parametrize("number", range(2))
def test_has_its_own(mockcloud_lab, number):
    assert len(mockcloud_lab.get("nodes")["items"]) == 1
"""

FAILS_TWICE = """
import pytest

@pytest.fixture(scope="session")
def mockcloud_lab():
    class Lab:
        name = "pretended"
        def logs(self):
            return "what it said"
    return Lab()

@pytest.fixture
def ends_badly():
    yield
    raise ValueError("in the end")

@pytest.mark.parametrize("text", ["%s"])
def test_fails(mockcloud_lab, ends_badly, text):
    raise ValueError("in the test")
""" % ("long" * 60)


def theirs(tmp_path, content, code, *options):
    """What pytest prints of their tests."""
    (tmp_path / "test_theirs.py").write_text(content)
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        "--strict-markers",
        *options,
        ".",
    ]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=280, check=False)
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout


def test_a_cloud_is_in_a_fixture_and_clients_find_it(tmp_path):
    """Installed with mockcloud, without an import; the environment points to it."""
    assert "1 passed" in theirs(tmp_path, THEIRS, 0)


def test_markers_say_what_the_cloud_begins_with(tmp_path):
    """Faults of both dialects and of things; the nearest marker holds, field by field; chance by the seed."""
    assert "4 passed" in theirs(tmp_path, MARKED, 0)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        pytest.param("fault=[]", "does not take fault=; it is mock_cloud(faults=[...]", id="key"),
        pytest.param("[]", "does not take []", id="without a name"),
        pytest.param("operation_seconds='1'", "operation_seconds='1': expected seconds", id="seconds"),
        pytest.param("seed='a'", "seed='a': expected a whole number", id="seed"),
        pytest.param("faults=7", "faults=7: expected a list", id="no list"),
        pytest.param("faults=[7]", "faults[0]=7: expected a dict", id="no dict"),
        pytest.param(
            "faults=[{'stauts': 5}]", "faults[0]: a fault at the point 'request': stauts: Extra", id="field"
        ),
        pytest.param(
            "faults=[{'point': 'edge', 'zone': 'x'}]", "faults[0]: zone 'x': expected one of", id="zone"
        ),
    ],
)
def test_a_marker_that_makes_no_sense_is_one_line(tmp_path, given, said):
    """With what was expected, and no stack trace."""
    marked = f"import pytest\n@pytest.mark.mock_cloud({given})\ndef test(mock_cloud): pass\n"
    out = theirs(tmp_path, marked, 1)
    assert f"@pytest.mark.mock_cloud: {said}" in out
    assert "Traceback" not in out


@pytest.mark.netns
def test_a_lab_with_a_cloud_is_in_a_fixture(tmp_path):
    """For the session, with options of `mockcloud up`; nothing of it is left."""
    assert "1 passed" in theirs(tmp_path, IN_A_LAB, 0)


def test_a_lab_is_skipped_with_the_reason_where_there_can_be_none(tmp_path):
    """Such as HAProxy, or nft, that is not installed."""
    hidden = (
        "import mockcloud.testing.command as command\n"
        "command.what_is_missing = lambda provider: f'no {provider} here: nft is missing'\n"
    )
    assert "SKIPPED [1]" in (out := theirs(tmp_path, hidden + IN_A_LAB, 0, "-rs"))
    assert "no cloud here: nft is missing" in out


@pytest.mark.netns
@pytest.mark.kubectl
def test_a_lab_is_in_a_fixture(tmp_path):
    """What it can do; below what fails are its logs, and no lab is left."""
    out = theirs(tmp_path, A_LAB, 1, f"--mockcloud-logs={tmp_path / 'logs'}")
    assert "1 failed, 1 passed" in out
    assert "the last lines of its logs" in out
    name = re.search("lab is (test-[\\w-]+)", out)[1]
    listed = subprocess.run(
        [sys.executable, "-m", "mockcloud", "list"], capture_output=True, text=True, check=True
    )
    assert name not in listed.stdout
    (log,) = (tmp_path / "logs").iterdir()
    assert log.name == f"test_theirs.py_test_what_fails_shows_the_logs.{name}.log"
    assert "node-1" in log.read_text()


@pytest.mark.netns
@pytest.mark.kubectl
def test_workers_of_xdist_have_a_lab_each_and_what_is_kept_is_told(tmp_path):
    """Side by side, and up afterwards, as each asked for."""
    out = theirs(tmp_path, ONE_EACH, 0, "-n", "2", "--dist", "each", "--mockcloud-keep")
    names = re.findall(r"lab (test-[\w-]+) is still up", out)
    try:
        assert len(set(names)) == 2
        assert "4 passed" in out
    finally:
        for name in names:
            subprocess.run([sys.executable, "-m", "mockcloud", "down", name], check=True, capture_output=True)


def test_each_failure_has_a_log_of_its_own(tmp_path):
    """In the test and after it; a name too long for a file is cut, and stays one of a kind."""
    theirs(tmp_path, FAILS_TWICE, 1, f"--mockcloud-logs={tmp_path / 'logs'}")
    assert len(logs := sorted(each.name for each in (tmp_path / "logs").iterdir())) == 2
    assert [each.rpartition("pretended")[2] for each in logs] == [".log", ".teardown.log"]


def test_logs_that_cannot_be_written_are_no_error(tmp_path):
    """Of the run: the reason stands below the failure."""
    (tmp_path / "file").write_text("")
    out = theirs(tmp_path, FAILS_TWICE, 1, f"--mockcloud-logs={tmp_path / 'file' / 'logs'}")
    assert "cannot write" in out
    assert "INTERNALERROR" not in out


def test_a_lab_that_is_required_fails_where_there_can_be_none(tmp_path):
    """In CI nobody wants to find out later that all was skipped."""
    hidden = (
        "import mockcloud.testing.command as command\n"
        "command.what_is_missing = lambda provider: 'nft is missing'\n"
    )
    assert "1 skipped" in theirs(tmp_path, f"{hidden}def test(mockcloud_lab): pass", 0)
    out = theirs(tmp_path, f"{hidden}def test(mockcloud_lab): pass", 1, "--mockcloud-required")
    assert "--mockcloud-required: nft is missing" in out
