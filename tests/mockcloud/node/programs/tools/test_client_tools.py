"""redis-cli, nc, wget and curl, for hosts that lack them, against the pods' own servers."""

import os
import subprocess

import pytest

from mockcloud.node.programs.tools import TOOLS
from mockcloud.node.runtime.tools import write_tools


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """run(TOOL, ARGUMENT...): the finished process."""
    folder = tmp_path_factory.mktemp("tools")
    write_tools(folder)
    assert sorted(os.listdir(folder)) == sorted(TOOLS)

    def start(tool, *arguments, stdin=""):
        command = [str(folder / tool), *map(str, arguments)]
        return subprocess.run(
            command, input=stdin, capture_output=True, text=True, timeout=20, check=False, cwd=folder
        )

    return start


@pytest.fixture(scope="module")
def redis_port(serving):
    return serving("redis.server")


@pytest.fixture(scope="module")
def web_port(serving):
    return serving("http")


def test_redis_cli(run, redis_port):
    """One command, or several from standard input; plain, since this is no terminal."""
    at = ("-h", "127.0.0.1", "-p", redis_port)
    assert run("redis-cli", *at, "PING").stdout == "PONG\n"
    assert run("redis-cli", *at, stdin='SET greeting "hello you"\nGET greeting\nKEYS *\n').stdout == (
        "OK\nhello you\ngreeting\n"
    )
    assert run("redis-cli", *at, "-a", "secret", "-n", "0", "GET", "none").stdout == "\n"
    failed = run("redis-cli", *at, "NOPE")
    assert (failed.returncode, failed.stdout[:27]) == (1, "ERR unknown command 'nope':")
    assert run("redis-cli", "-p", 1, "PING").stderr.startswith("Could not connect to Redis at 127.0.0.1:1: ")
    assert run("redis-cli", "--bogus").returncode == 1


def test_nc(run, redis_port):
    """Tries a port, or talks to it."""
    found = run("nc", "-zv", "127.0.0.1", redis_port)
    assert (found.returncode, "succeeded" in found.stderr) == (0, True)
    assert run("nc", "-z", "127.0.0.1", 1).returncode == 1
    assert run("nc", "127.0.0.1", redis_port, stdin="PING\r\nQUIT\r\n").stdout == "+PONG\n+OK\n"
    assert run("nc", "127.0.0.1").returncode == 2


def test_wget(run, web_port):
    """To standard output or a file; GNU's exit codes."""
    url = f"http://127.0.0.1:{web_port}/x"
    assert "pod: pod-0\n" in run("wget", "-qO-", url).stdout
    assert run("wget", "-q", "--spider", f"127.0.0.1:{web_port}").returncode == 0
    assert run("wget", "-q", "-O", "saved", url).returncode == 0
    refused = run("wget", "-T", "2", "http://127.0.0.1:1/")
    assert (refused.returncode, "Failed to connect" in refused.stderr) == (4, True)


def test_curl(run, web_port):
    """What guides type."""
    url = f"127.0.0.1:{web_port}/health"
    assert "request: GET /health\n" in run("curl", "-s", url).stdout
    assert run("curl", "-s", "-o", "/dev/null", "-w", "%{http_code}\\n", f"http://{url}").stdout == "200\n"
    assert run("curl", "-I", url).stdout.startswith("HTTP/1.1 200 OK\n")
    assert '"method": "POST"' in run("curl", "-d", "a=b", "-H", "Accept: application/json", url).stdout
    assert run("curl", "-sS", "-m", "2", "http://127.0.0.1:1").returncode == 7
    assert run("curl", "-s", "http://no.such.name.invalid").returncode == 6
