"""The pods' programs as processes of their own, on loopback."""

import os
import signal
import socket
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from mockcloud.node.sandbox.maker import PYTHON, START


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture(scope="module")
def serving() -> Iterator[Callable[..., int]]:
    """serving(MODULE): its port, once it has said that it is ready; it must end well on SIGTERM."""
    with ExitStack() as stack:

        def start(module: str) -> int:
            port = _free_port()
            ready, theirs = os.pipe()
            who = {"POD_NAME": "pod-0", "POD_NAMESPACE": "default", "NODE_NAME": "node-1"}
            process = subprocess.Popen(
                [*PYTHON, str(START), f"images.programs:{module}", "--port", str(port)],
                env={**who, "READY_FD": str(theirs)},
                pass_fds=[theirs],
                stdout=subprocess.DEVNULL,
            )
            os.close(theirs)
            stack.callback(_end, process)
            assert os.read(ready, 1) == b"\n"
            os.close(ready)
            return port

        yield start


def _end(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGTERM)
    assert process.wait(60) == 0
