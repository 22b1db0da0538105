"""`mockcloud cloud serve`, as a process."""

import os
import re
import signal
import socket
import subprocess
import sys
from contextlib import contextmanager

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
    return requests.post(f"{url}/v1/networks", json=body, headers=AUTH, timeout=10)


def test_what_was_acknowledged_outlives_kill_9(tmp_path):
    """With --data; the next process goes on with its ids."""
    file = str(tmp_path / "cloud.db")
    with serving("--data", file) as (url, process):
        assert [make_network(url, name).status_code for name in ("a", "b")] == [201, 201]
        process.send_signal(signal.SIGKILL)
        process.wait()
    with serving("--data", file) as (url, _):
        names = requests.get(f"{url}/v1/networks", headers=AUTH, timeout=10).json()["networks"]
        assert [each["name"] for each in names] == ["a", "b"]
        assert make_network(url, "c").json()["network"]["id"] == 1003


def test_sigterm_ends_it_in_order():
    """Exit 0, as for whoever is told to stop."""
    with serving() as (url, process):
        assert make_network(url, "a").status_code == 201
        process.terminate()
        assert process.wait(10) == 0


def test_a_tester_resets_looks_and_breaks_it():
    """By /_mock, without a token."""
    with serving() as (url, _):
        mock = f"{url}/_mock"
        make_network(url, "a")
        assert requests.post(f"{mock}/snapshot", timeout=10).json() == {"snapshot": "default"}
        assert requests.post(f"{mock}/reset", timeout=10).status_code == 200
        assert requests.get(f"{url}/v1/networks", headers=AUTH, timeout=10).json()["networks"] == []
        requests.post(f"{mock}/restore", timeout=10)
        answer = requests.get(f"{url}/v1/networks", headers=AUTH, timeout=10)
        assert [each["name"] for each in answer.json()["networks"]] == ["a"]
        assert int(answer.headers["RateLimit-Remaining"]) < 3600
        calls = requests.get(f"{mock}/calls", params={"path": "networks"}, timeout=10).json()["calls"]
        assert [(each["method"], each["status"]) for each in calls] == [("GET", 200), ("GET", 200)]
        clock = requests.post(f"{mock}/clock", json={"rate": 0, "advance": 3600}, timeout=10).json()
        assert clock["rate"] == 0
        wrong = requests.post(f"{mock}/faults", json={"path": "*", "probability": 2}, timeout=10)
        assert (wrong.status_code, "probability" in wrong.json()["error"]) == (422, True)
        nothing = requests.get(f"{mock}/nothing", timeout=10)
        assert "there are" in nothing.json()["error"]


@pytest.mark.parametrize("body", [b"[", b"[]", b'{"name": 5}', b"\xff"])
def test_a_body_that_makes_no_sense_is_told_what_is_wrong(body):
    """In the API's own form, never with a stack trace."""
    with serving() as (url, _):
        answer = requests.post(f"{url}/v1/networks", data=body, headers=AUTH, timeout=10)
        assert answer.status_code in (400, 422)
        assert answer.json()["error"]["code"] in ("json_error", "invalid_input")


def test_a_port_that_is_taken_is_one_line():
    """And exit 1."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        done = subprocess.run(
            [*COMMAND, "--port", port], capture_output=True, text=True, timeout=60, check=False
        )
    assert done.returncode == 1
    assert done.stderr == f"mockcloud: cannot listen on 127.0.0.1 port {port}: Address already in use\n"


def test_a_file_that_is_no_database_is_one_line(tmp_path):
    """Nothing of it is changed."""
    file = tmp_path / "notes.txt"
    file.write_text("not a database, and long enough to be read as one\n" * 40)
    done = subprocess.run([*COMMAND, "--data", file], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 1
    assert done.stderr == f"mockcloud: {file}: file is not a database\n"
    assert file.read_text().startswith("not a database")


def test_what_clients_need_can_be_had_by_eval():
    """For a cloud that runs where it does by default."""
    done = subprocess.run(
        [*COMMAND[:-1], "env"],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
        env={key: value for key, value in os.environ.items() if not key.startswith("HCLOUD")},
    )
    said = dict(line.removeprefix("export ").split("=", 1) for line in done.stdout.splitlines())
    assert said == environment("http://127.0.0.1:8077", "mockcloud", KeyPair())
