"""redis-cli, psql, mysql, nc, wget and curl, for hosts that lack them, against the pods' own servers."""

import importlib
import io
import os
import subprocess
from dataclasses import dataclass

import pytest

from mockcloud.node.preparing.tools import write_tools
from mockcloud.node.programs.tools import SERVERS, TOOLS


@dataclass
class Done:
    """How a tool ended, and what it said."""

    returncode: int
    stdout: str
    stderr: str


@pytest.fixture
def run(capsys, monkeypatch, tmp_path):
    """run(TOOL, ARGUMENT...): what its `main` does, in an empty folder."""
    monkeypatch.chdir(tmp_path)

    def start(tool, *arguments, stdin=""):
        main = importlib.import_module(f"mockcloud.node.programs.tools.{tool.replace('-', '_')}").main
        monkeypatch.setattr("sys.stdin", io.StringIO(stdin))
        try:
            code = main([str(each) for each in arguments])
        except SystemExit as end:  # argparse's way
            code = end.code
        said = capsys.readouterr()
        return Done(code, said.out, said.err)

    return start


@pytest.fixture(scope="module")
def executables(tmp_path_factory):
    """The folder that pods have in their PATH."""
    folder = tmp_path_factory.mktemp("tools")
    write_tools(folder)
    return folder


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


def test_psql(run, serving):
    """Aligned as psql does it, or bare; a refusal is told and the next one asked."""
    at = ("-h", "127.0.0.1", "-p", serving("postgres.server"), "-U", "admin")
    shown = run("psql", *at, "-c", "select pod, 7 as seven from lab").stdout
    assert shown == "  pod  | seven \n-------+-------\n pod-0 |     7\n(1 row)\n\n"
    assert run("psql", *at, "-At", "-c", "select 1", "-c", "begin").stdout == "1\nBEGIN\n"
    failed = run("psql", *at, "shop", "-c", "drop table t", "-c", "select current_database()")
    assert (failed.returncode, "shop" in failed.stdout, failed.stderr[:7]) == (1, True, "ERROR: ")
    typed = run("psql", *at, stdin="\\conninfo\nselect\n1;\n\\dt\n\\q\n").stdout
    assert 'database "admin" as user "admin" on host "127.0.0.1"' in typed
    assert "(1 row)" in typed
    assert "invalid command \\dt\n" in typed
    nobody = run("psql", "-h", "127.0.0.1", "-p", 1)
    assert (nobody.returncode, "Connection refused" in nobody.stderr) == (2, True)


def test_mysql(run, serving):
    """Tabs in a pipe, boxes with -t."""
    at = ("-h", "127.0.0.1", "-P", serving("mysql.server"), "-u", "root", "-psecret")
    assert run("mysql", *at, "shop", "-e", "select @@hostname, database()").stdout == (
        "@@hostname\tdatabase()\npod-0\tshop\n"
    )
    boxed = "+------+\n| a    |\n+------+\n| NULL |\n+------+\n1 row in set\n\n"
    assert run("mysql", *at, "-t", stdin="select null\nas a;\nquit\n").stdout == boxed
    assert run("mysql", *at, "-t", "-e", "show tables; begin").stdout == "Empty set\n\nQuery OK\n"
    failed = run("mysql", *at, "-e", "drop table t")
    assert (failed.returncode, failed.stderr[:24]) == (1, "ERROR 1235 (42000): DROP")
    assert run("mysql", "-h", "127.0.0.1", "-P", 1).stderr.startswith("ERROR 2003 (HY000): Can't connect")


def test_they_are_executables(executables, redis_port):
    """Each by its name; here the one that reads its input as it comes."""
    assert sorted(os.listdir(executables)) == sorted([*TOOLS, *SERVERS])

    def nc(*arguments, stdin=""):
        command = [str(executables / "nc"), *map(str, arguments)]
        return subprocess.run(command, input=stdin, capture_output=True, text=True, timeout=20, check=False)

    assert nc("127.0.0.1", redis_port, stdin="PING\r\nQUIT\r\n").stdout == "+PONG\n+OK\n"


def test_nc(run, redis_port):
    """Tries a port."""
    found = run("nc", "-zv", "127.0.0.1", redis_port)
    assert (found.returncode, "succeeded" in found.stderr) == (0, True)
    assert run("nc", "-z", "127.0.0.1", 1).returncode == 1
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
    assert run("curl", "-I", url).stdout.startswith("HTTP/1.1 200 OK\r\n")
    assert '"method": "POST"' in run("curl", "-d", "a=b", "-H", "Accept: application/json", url).stdout
    assert run("curl", "-sS", "-m", "2", "http://127.0.0.1:1").returncode == 7
    assert run("curl", "-s", "http://no.such.name.invalid").returncode == 6
