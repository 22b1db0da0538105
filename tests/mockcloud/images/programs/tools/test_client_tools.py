"""nc, wget and curl, for hosts that lack them, against servers of ours; and all tools as executables."""

import importlib
import io
import os
import socket
import subprocess
from dataclasses import dataclass

import pytest

from mockcloud.images.installed import Places, commands, extra_binaries
from mockcloud.images.programs.tools import TOOLS
from mockcloud.node.container_config.launch import APPLETS, MACHINE_PATH, TOOLS_FOLDER
from mockcloud.node.container_config.tools import write_tools


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
        main = importlib.import_module(f"mockcloud.images.programs.tools.{tool.replace('-', '_')}").main
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
    write_tools(folder, Places(MACHINE_PATH, TOOLS_FOLDER, folder))
    return folder


@pytest.fixture(scope="module")
def lines_port(serving):
    return serving("lines")


@pytest.fixture(scope="module")
def web_port(serving):
    return serving("http")


def test_they_are_executables(executables, lines_port):
    """Each by its name, and what the extra brought; here the one that reads its input as it comes."""
    brought = {binary.name for binary in extra_binaries()}
    assert set(os.listdir(executables)) == {*TOOLS, *commands(), *brought, APPLETS}
    # Of Debian's busybox: what it does otherwise than the image's, or by a crash (`wget -T`).
    assert not {"nc", "nslookup", "sh"} & set(os.listdir(executables / APPLETS))

    def nc(*arguments, stdin=""):
        command = [str(executables / "nc"), *map(str, arguments)]
        return subprocess.run(command, input=stdin, capture_output=True, text=True, timeout=90, check=False)

    assert nc("127.0.0.1", lines_port, stdin="hello\n").stdout.endswith("\nhello\n")


def test_nc(run, lines_port):
    """Tries a port."""
    found = run("nc", "-zv", "-t", "127.0.0.1", lines_port)
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


def test_busybox_wget_tries_once(executables):
    """A pod of busybox that a NetworkPolicy cuts off hears so after -T seconds, not after 20 attempts."""
    wget = executables / APPLETS / "wget"
    if not wget.exists():
        pytest.skip("there is no busybox here")
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = "http://{}:{}/".format(*silent.getsockname())
        assert subprocess.run([wget, "-T", "1", "-qO-", url], timeout=90, check=False).returncode != 0
        silent.accept()[0].close()
        silent.setblocking(False)
        with pytest.raises(BlockingIOError):
            silent.accept()


def test_curl(run, web_port):
    """What guides type."""
    url = f"127.0.0.1:{web_port}/health"
    assert "request: GET /health\n" in run("curl", "-s", url).stdout
    assert run("curl", "-s", "-o", "/dev/null", "-w", "%{http_code}\\n", f"http://{url}").stdout == "200\n"
    assert run("curl", "-I", url).stdout.startswith("HTTP/1.1 200 OK\r\n")
    assert '"method": "POST"' in run("curl", "-d", "a=b", "-H", "Accept: application/json", url).stdout
    assert run("curl", "-sS", "-m", "2", "http://127.0.0.1:1").returncode == 7
    assert run("curl", "-s", "http://no.such.name.invalid").returncode == 6
