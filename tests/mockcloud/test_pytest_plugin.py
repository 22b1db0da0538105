"""The plug-in, as somebody else's tests have it."""

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
        "import mockcloud.pytest_lab as lab\nlab.what_is_missing = lambda: 'no lab here: nft is missing'\n"
    )
    assert "SKIPPED [1]" in (out := theirs(tmp_path, hidden + IN_A_LAB, 0, "-rs"))
    assert "no lab here: nft is missing" in out
