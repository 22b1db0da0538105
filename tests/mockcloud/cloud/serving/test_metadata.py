"""The instance metadata service, by AWS' own clients and by hand."""

import asyncio
import json
import threading
from contextlib import contextmanager

import boto3
import pytest
import requests
from aiohttp import web

from mockcloud.cloud.aws.metadata import who_has
from mockcloud.cloud.core.values import Instance
from mockcloud.cloud.serving.metadata import SECONDS, TOKEN, metadata_application

SIX_HOURS = "21600"


@contextmanager
def listening(app: web.Application):
    """An application on loopback, in a thread of its own; gives its URL."""
    loop, ready, stop = asyncio.new_event_loop(), threading.Event(), asyncio.Event()
    url = []

    async def run() -> None:
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        url.append(f"http://127.0.0.1:{runner.addresses[0][1]}")
        ready.set()
        await stop.wait()
        await runner.cleanup()

    thread = threading.Thread(target=loop.run_until_complete, args=[run()])
    thread.start()
    ready.wait()
    try:
        yield url[0]
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join()
        loop.close()


@pytest.fixture
def number(mock_cloud):
    """An instance's id."""
    made = boto3.client("ec2").run_instances(ImageId="ami-12345678", MinCount=1, MaxCount=1)
    return made["Instances"][0]["InstanceId"]


@pytest.fixture
def url(mock_cloud, number):
    """Where whoever asks is told of that instance."""
    cloud = mock_cloud.server.cloud
    with listening(metadata_application(cloud, who=lambda *_: cloud.state.all(Instance)[0])) as found:
        yield found


@pytest.fixture
def ask(url):
    """GET with a token; gives the text."""
    token = requests.put(f"{url}/latest/api/token", headers={SECONDS: SIX_HOURS}, timeout=90).text

    def get(path: str) -> str:
        answer = requests.get(f"{url}/latest/{path}", headers={TOKEN: token}, timeout=90)
        assert answer.status_code == 200, path
        return answer.text

    return get


def test_an_instance_is_told_what_ec2_shows_of_it(ask, number):
    """Its id, its place, its addresses, its interface."""
    (reservation,) = boto3.client("ec2").describe_instances()["Reservations"]
    (shown,) = reservation["Instances"]
    assert ask("meta-data/instance-id") == shown["InstanceId"] == number
    assert ask("meta-data/local-ipv4") == shown["PrivateIpAddress"]
    assert ask("meta-data/public-ipv4") == shown["PublicIpAddress"]
    assert ask("meta-data/hostname") == ask("meta-data/local-hostname") == shown["PrivateDnsName"]
    assert ask("meta-data/placement/availability-zone") == shown["Placement"]["AvailabilityZone"]
    assert ask("meta-data/placement/region") == "eu-central-1"
    mac = ask("meta-data/mac")
    assert ask("meta-data/network/interfaces/macs/") == f"{mac}/"
    card = f"meta-data/network/interfaces/macs/{mac}"
    assert ask(f"{card}/vpc-id") == shown["VpcId"]
    assert ask(f"{card}/subnet-id") == shown["SubnetId"]
    assert ask(f"{card}/subnet-ipv4-cidr-block") == "172.31.0.0/20"
    assert ask(f"{card}/security-group-ids") == shown["SecurityGroups"][0]["GroupId"]
    document = json.loads(ask("dynamic/instance-identity/document"))
    assert (document["instanceId"], document["region"]) == (number, "eu-central-1")


def test_folders_are_lists(ask):
    """Of names, with a slash behind those that are folders themselves."""
    assert ask("") == "dynamic/\nmeta-data/"
    assert {"instance-id", "network/", "placement/"} <= set(ask("meta-data").splitlines())


def test_boto3_finds_credentials_there(mock_cloud, url, monkeypatch):
    """With nothing in the environment but where to ask."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_EC2_METADATA_SERVICE_ENDPOINT", url)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent")
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nonexistent")
    session = boto3.Session()
    assert session.get_credentials().method == "iam-role"
    assert session.client("sts").get_caller_identity()["Account"] == "123456789012"


@pytest.mark.parametrize("seconds", ["", "0", "21601", "soon"])
def test_a_token_is_for_six_hours_at_most(url, seconds):
    """Else it is not given."""
    assert requests.put(f"{url}/latest/api/token", headers={SECONDS: seconds}, timeout=90).status_code == 400


def test_nothing_is_told_without_a_token_that_is_good(mock_cloud, url):
    """None, a wrong one, one that has expired by the cloud's clock; nor to a proxy."""
    where = f"{url}/latest/meta-data/instance-id"
    token = requests.put(f"{url}/latest/api/token", headers={SECONDS: "60"}, timeout=90).text

    def status(**headers: str) -> int:
        return requests.get(where, headers=headers, timeout=90).status_code

    assert status() == status(**{TOKEN: "AAAA"}) == status(**{TOKEN: "é".encode("latin-1")}) == 401
    assert status(**{TOKEN: token}) == 200
    assert status(**{TOKEN: token, "X-Forwarded-For": "10.0.0.1"}) == 403
    mock_cloud.advance(60)
    assert status(**{TOKEN: token}) == 401


def test_what_is_not_there_is_not_found(mock_cloud, url, ask):
    """A path, a version, or the instance of an address that nobody has."""
    token = requests.put(f"{url}/latest/api/token", headers={SECONDS: SIX_HOURS}, timeout=90).text
    for path in ("latest/meta-data/tags", "newest/meta-data/mac", "latest/meta-data/mac/more"):
        assert requests.get(f"{url}/{path}", headers={TOKEN: token}, timeout=90).status_code == 404
    with listening(metadata_application(mock_cloud.server.cloud)) as other:
        answer = requests.put(f"{other}/latest/api/token", headers={SECONDS: SIX_HOURS}, timeout=90)
        assert (answer.status_code, answer.text) == (404, "no instance has the address 127.0.0.1")


def test_an_instance_is_known_by_any_of_its_addresses(mock_cloud, number, ask):
    """Private or public, also one that it got later."""
    cloud, ec2 = mock_cloud.server.cloud, boto3.client("ec2")
    addresses = [ask("meta-data/local-ipv4"), ask("meta-data/public-ipv4")]
    made = ec2.allocate_address()
    ec2.associate_address(AllocationId=made["AllocationId"], InstanceId=number)
    for ip in (*addresses, made["PublicIp"]):
        assert who_has(cloud, ip).id == cloud.state.all(Instance)[0].id
    assert who_has(cloud, "10.9.9.9") is None
