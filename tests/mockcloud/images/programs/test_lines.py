"""The stand-in for servers whose protocol nobody speaks."""

import socket
import subprocess

from mockcloud.node.sandbox.maker import PYTHON, START


def test_it_says_who_answers_and_echoes_lines(serving):
    """Each client by itself; one that goes in the middle of a line hurts nobody."""
    port = serving("lines")
    with (
        socket.create_connection(("127.0.0.1", port), 5) as one,
        socket.create_connection(("127.0.0.1", port), 5) as two,
    ):
        one.sendall(b"half a line")
        two.sendall(b"hello\r\n")
        own = two.getsockname()
        lines = two.makefile("rb")
        assert [lines.readline() for _ in range(5)] == [
            b"pod: pod-0\n",
            b"namespace: default\n",
            b"node: node-1\n",
            f"client: {own[0]}:{own[1]}\n".encode(),
            b"hello\n",
        ]


def test_its_log_begins_with_what_is_lacking_and_a_taken_port_is_said():
    """What `kubectl logs` shows of a pod whose real server is not there."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        done = subprocess.run(
            [*PYTHON, str(START), "images.programs:lines", "--port", port],
            env={"MOCKCLOUD_LACKING": "install it"},
            capture_output=True,
            text=True,
            timeout=90,
            check=False,
        )
    assert done.returncode == 1
    assert done.stdout == "install it\n"
    assert done.stderr == f"port {port}: Address already in use\n"
