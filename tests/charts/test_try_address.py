"""What the pod of `helm test` says of a Service: what it lacks, and if its address gives the right answer."""

from __future__ import annotations

import runpy
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from testkit.chart import CHART

PROGRAM = runpy.run_path(str(CHART / "files/try_address.py"))


def service(*conditions: tuple[str, str]) -> dict:
    told = [
        {"type": f"baremetal-lb.io/{kind}", "status": status, "reason": "R", "message": "m"}
        for kind, status in conditions
    ]
    return {"status": {"conditions": told} if told else {}}


@pytest.mark.parametrize(
    ("found", "lacks"),
    [
        (
            service(),
            "baremetal-lb.io/Allocated is not told: does a controller run that serves this Service's class?",
        ),
        (service(("Allocated", "False")), "baremetal-lb.io/Allocated is False: R: m"),
        (
            service(("Allocated", "True")),
            "baremetal-lb.io/Announced is not told: does a controller run that serves this Service's class?",
        ),
        (service(("Allocated", "True"), ("Announced", "False")), "baremetal-lb.io/Announced is False: R: m"),
        (service(("Allocated", "True"), ("Announced", "True")), None),
    ],
)
def test_it_says_what_the_service_lacks(found, lacks):
    """In the conditions' own words."""
    assert PROGRAM["standing"](found) == lacks


class Answer(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"lb in here\n" if self.path == "/answer" else b"")

    def log_message(self, *_arguments):
        pass


@pytest.fixture
def port():
    with HTTPServer(("127.0.0.1", 0), Answer) as server:
        serving = threading.Thread(target=server.serve_forever)
        serving.start()
        yield server.server_port
        server.shutdown()
        serving.join()


def test_only_this_releases_own_answer_is_right(port, monkeypatch):
    """Not that of another server behind the address, nor none at all."""
    url = f"http://127.0.0.1:{port}/answer"
    monkeypatch.setenv("ANSWER", "lb in here")
    assert PROGRAM["answered"]("127.0.0.1", port) is None
    monkeypatch.setenv("ANSWER", "lb in there")
    assert PROGRAM["answered"]("127.0.0.1", port) == f"{url} answers 'lb in here', not 'lb in there'"
    assert "Connection refused" in PROGRAM["answered"]("127.0.0.2", port)
