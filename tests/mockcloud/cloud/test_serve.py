"""`mockcloud cloud serve`, as a process."""

import os
import re
import signal
import socket
import subprocess
import sys
from contextlib import contextmanager

import boto3
import pytest
import requests

from mockcloud.cloud.environment import environment
from mockcloud.cloud.keys import KeyPair

COMMAND = [sys.executable, "-m", "mockcloud", "cloud", "serve"]
AUTH = {"Authorization": "Bearer t0ken"}


@contextmanager
def serving(*arguments: str):
    """A cloud on a free port; gives its URL and its process."""
    command = [*COMMAND, "--port", "0", "--token", "t0ken", *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            line = process.stdout.readline()
            assert process.stdout.readline() == "export HCLOUD_TOKEN=t0ken\n"
            yield re.fullmatch(r"export HCLOUD_ENDPOINT=(http://127\.0\.0\.1:\d+)/v1\n", line)[1], process
        finally:
            if process.poll() is None:
                process.terminate()


def make_network(url: str, name: str) -> requests.Response:
    body = {"name": name, "ip_range": "10.0.0.0/16"}
    return requests.post(f"{url}/v1/networks", json=body, headers=AUTH, timeout=90)


def test_what_was_acknowledged_outlives_kill_9(tmp_path):
    """With --data; the next process goes on with its ids."""
    file = str(tmp_path / "cloud.db")
    with serving("--data", file) as (url, process):
        assert [make_network(url, name).status_code for name in ("a", "b")] == [201, 201]
        process.send_signal(signal.SIGKILL)
        process.wait()
    with serving("--data", file) as (url, _):
        names = requests.get(f"{url}/v1/networks", headers=AUTH, timeout=90).json()["networks"]
        assert [each["name"] for each in names] == ["a", "b"]
        assert make_network(url, "c").json()["network"]["id"] == 1003


def test_sigterm_ends_it_in_order():
    """Exit 0, as for whoever is told to stop."""
    with serving() as (url, process):
        assert make_network(url, "a").status_code == 201
        process.terminate()
        assert process.wait(60) == 0


def test_a_tester_resets_looks_and_breaks_it():
    """By /_mock, without a token."""
    with serving() as (url, _):
        mock = f"{url}/_mock"
        make_network(url, "a")
        assert requests.post(f"{mock}/snapshot", timeout=90).json() == {"snapshot": "default"}
        assert requests.post(f"{mock}/reset", timeout=90).status_code == 200
        assert requests.get(f"{url}/v1/networks", headers=AUTH, timeout=90).json()["networks"] == []
        requests.post(f"{mock}/restore", timeout=90)
        answer = requests.get(f"{url}/v1/networks", headers=AUTH, timeout=90)
        assert [each["name"] for each in answer.json()["networks"]] == ["a"]
        assert int(answer.headers["RateLimit-Remaining"]) < 3600
        calls = requests.get(f"{mock}/calls", params={"path": "networks"}, timeout=90).json()["calls"]
        assert [(each["method"], each["status"]) for each in calls] == [("GET", 200), ("GET", 200)]
        clock = requests.post(f"{mock}/clock", json={"rate": 0, "advance": 3600}, timeout=90).json()
        assert clock["rate"] == 0
        wrong = requests.post(f"{mock}/faults", json={"path": "*", "probability": 2}, timeout=90)
        assert (wrong.status_code, "probability" in wrong.json()["error"]) == (422, True)
        nothing = requests.get(f"{mock}/nothing", timeout=90)
        assert "there are" in nothing.json()["error"]


@pytest.mark.parametrize("body", [b"[", b"[]", b'{"name": 5}', b"\xff"])
def test_a_body_that_makes_no_sense_is_told_what_is_wrong(body):
    """In the API's own form, never with a stack trace."""
    with serving() as (url, _):
        answer = requests.post(f"{url}/v1/networks", data=body, headers=AUTH, timeout=90)
        assert answer.status_code in (400, 422)
        assert answer.json()["error"]["code"] in ("json_error", "invalid_input")


def test_a_port_that_is_taken_is_one_line():
    """And exit 1."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        done = subprocess.run(
            [*COMMAND, "--port", port], capture_output=True, text=True, timeout=90, check=False
        )
    assert done.returncode == 1
    assert done.stderr == f"mockcloud: cannot listen on 127.0.0.1 port {port}: Address already in use\n"


def test_a_file_that_is_no_database_is_one_line(tmp_path):
    """Nothing of it is changed."""
    file = tmp_path / "notes.txt"
    file.write_text("not a database, and long enough to be read as one\n" * 40)
    done = subprocess.run([*COMMAND, "--data", file], capture_output=True, text=True, timeout=90, check=False)
    assert done.returncode == 1
    assert done.stderr == f"mockcloud: {file}: file is not a database\n"
    assert file.read_text().startswith("not a database")


def test_a_second_cloud_with_the_same_file_is_one_line(tmp_path):
    """Exit 1; the first goes on."""
    file = str(tmp_path / "cloud.db")
    with serving("--data", file) as (url, _):
        command = [*COMMAND, "--port", "0", "--data", file]
        done = subprocess.run(command, capture_output=True, text=True, timeout=90, check=False)
        assert (done.returncode, done.stdout) == (1, "")
        assert done.stderr == f"mockcloud: {file}: another cloud has this file open\n"
        assert make_network(url, "a").status_code == 201


def env(*arguments: str) -> subprocess.CompletedProcess[str]:
    """`mockcloud cloud env`, of nobody's token, by no proxy: a cloud on this machine is behind none."""
    mine = {key: value for key, value in os.environ.items() if not key.startswith("HCLOUD")}
    mine |= {"http_proxy": "http://127.0.0.1:9", "no_proxy": ""}  # nobody listens there
    command = [*COMMAND[:-1], "env", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=90, check=False, env=mine)


def exported(text: str) -> dict[str, str]:
    return dict(line.removeprefix("export ").split("=", 1) for line in text.splitlines())


def test_what_clients_need_can_be_had_by_eval():
    """With the ids of what there is from the start, as AWS' clients see it."""
    with serving() as (url, _):
        port = url.rpartition(":")[2]
        done = env("--port", port)
        said = exported(done.stdout)
        more = {name: said.pop(name) for name in list(said) if name.startswith("MOCKCLOUD_")}
        assert said == environment(url, "mockcloud", KeyPair())
        keys = {"aws_access_key_id": KeyPair().id, "aws_secret_access_key": KeyPair().secret}
        ec2 = boto3.client("ec2", endpoint_url=url, region_name=said["AWS_REGION"], **keys)
        (vpc,) = ec2.describe_vpcs(VpcIds=[more["MOCKCLOUD_VPC_ID"]])["Vpcs"]
        subnets = ec2.describe_subnets(SubnetIds=more["MOCKCLOUD_SUBNET_IDS"].split(","))["Subnets"]
        assert [each["VpcId"] for each in subnets] == [vpc["VpcId"]] * 3
        network = requests.get(f"{url}/v1/networks/{more['MOCKCLOUD_NETWORK_ID']}", headers=AUTH, timeout=90)
        assert network.json()["network"]["ip_range"] == vpc["CidrBlock"]
        conf = env("--port", port, "--cloud-conf", "--cluster", "lab").stdout
        assert f"VPC = {vpc['VpcId']}\n" in conf
        assert "KubernetesClusterID = lab\n" in conf
        assert conf.count(f'URL = "{url}"\n') == 3


def test_what_is_evaluated_is_quoted():
    """A token is a word, whatever is in it."""
    done = env("--port", "1", "--token", "a b;exit 3", "--host", "127.0.0.1")
    assert "export HCLOUD_TOKEN='a b;exit 3'\n" in done.stdout


def test_a_host_that_nobody_knows_is_one_line():
    """Whose error has a number of its own."""
    command = [*COMMAND, "--host", "nobody.invalid", "--port", "0"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=90, check=False)
    assert done.returncode == 1
    assert done.stderr.startswith("mockcloud: cannot listen on nobody.invalid port 0: ")
    assert "Unknown error" not in done.stderr


def test_what_needs_no_cloud_is_told_without_one():
    """By eval it does no harm: what is missing is said elsewhere. A cloud.conf cannot be without."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = str(taken.getsockname()[1])
        done = env("--port", port)
        assert exported(done.stdout) == environment(f"http://127.0.0.1:{port}", "mockcloud", KeyPair())
        missing = (
            f"mockcloud: no cloud answers at http://127.0.0.1:{port}: ids of VPC and subnets are missing\n"
        )
        assert (done.returncode, done.stderr) == (0, missing)
        done = env("--port", port, "--cloud-conf")
        assert (done.returncode, done.stdout, done.stderr) == (1, "", missing)
