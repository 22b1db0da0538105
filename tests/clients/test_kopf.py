"""kopf's operator framework: operators of a custom kind, as processes beside the lab."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import pytest

pytestmark = [pytest.mark.netns, pytest.mark.kubectl]

HERE = Path(__file__).parent
KINDS = HERE / "kopf_kinds.yaml"
PATIENCE = 90


def until(question, what):
    """Ask until it is so: operators work when they come to it."""
    deadline = time.monotonic() + PATIENCE
    while not (found := question()):
        assert time.monotonic() < deadline, what() if callable(what) else what
        time.sleep(0.05)
    return found


class Operators:
    """Operators of one namespace, each with a name, a priority and a log."""

    def __init__(self, place, folder):
        self.place, self.folder = place, folder

    def log(self, name):
        """What it said."""
        return (self.folder / name).read_text()

    @contextmanager
    def running(self, name, priority):
        """One that handles objects, or waits for those of a higher priority."""
        command = [sys.executable, "-m", "kopf", "run", str(HERE / "kopf_operator.py")]
        options = [
            "--namespace",
            self.place.namespace,
            "--peering=echo",
            f"--priority={priority}",
            "--verbose",
        ]
        environment = {**os.environ, "KUBECONFIG": self.place.kubeconfig, "OPERATOR": name}
        with (
            (self.folder / name).open("wb") as log,
            subprocess.Popen([*command, *options], env=environment, stdout=log, stderr=log) as process,
        ):
            try:
                yield process
            finally:
                process.terminate()
                process.wait(60)

    def says(self, name, words):
        """Wait until its log has these words."""
        until(lambda: words in self.log(name), lambda: f"{name} did not say {words!r}: {self.log(name)}")

    def echo(self, name, text):
        """Make an Echo."""
        body = {"apiVersion": "clients.example/v1", "kind": "Echo", "metadata": {"name": name}}
        self.place.apply({**body, "spec": {"text": text}})

    def status(self, name):
        """What its operator wrote about an Echo."""
        return self.place.get("echo", name).get("status", {})


@pytest.fixture(scope="module")
def operators(place, tmp_path_factory):
    """The kinds, and the object by which operators know of each other; all gone afterwards."""
    place.kubectl("apply", f"--filename={KINDS}")
    try:
        place.kubectl("wait", "--for=condition=established", f"--filename={KINDS}", "--timeout=60s")
        place.apply({"apiVersion": "kopf.dev/v1", "kind": "KopfPeering", "metadata": {"name": "echo"}})
        yield Operators(place, tmp_path_factory.mktemp("operators"))
    finally:
        place.kubectl("delete", f"--filename={KINDS}")


@pytest.fixture(scope="module")
def spare(operators):
    """An operator of the lowest priority, which is alone at first."""
    with operators.running("spare", 1):
        yield operators


def test_an_object_lives_and_ends_by_its_operator(spare):
    """Handlers of creation, change, time and deletion are called, and what they wrote stands."""
    place = spare.place
    spare.echo("a", "hello")
    status = until(
        lambda: (found := spare.status("a")).get("ticks") == 3 and found,
        lambda: f"{spare.status('a')}: {spare.log('spare')}",
    )
    assert status["by"] == "spare"
    child, echo = place.get("configmap", status["create"]["child"]), place.get("echo", "a")
    assert child["data"] == {"text": "hello"}
    assert [each["uid"] for each in child["metadata"]["ownerReferences"]] == [echo["metadata"]["uid"]]
    assert echo["metadata"]["finalizers"] == ["kopf.zalando.org/KopfFinalizerMarker"]
    named = f"configmap/{child['metadata']['name']}"
    spare.echo("a", "goodbye")
    place.kubectl("wait", "--for=jsonpath={.data.text}=goodbye", named, "--timeout=60s")
    place.kubectl("delete", "echo", "a", "--timeout=60s")
    assert place.get("configmap", "last-words-of-a")["data"] == {"text": "goodbye"}
    place.kubectl("wait", "--for=delete", named, "--timeout=60s")


def test_of_two_operators_the_one_of_the_higher_priority_works(spare):
    """They see each other in their peering's status; the other goes on when the first has gone."""
    spare.echo("b", "none other")
    until(lambda: spare.status("b").get("by") == "spare", lambda: spare.log("spare"))
    with spare.running("first", 100):
        spare.says("spare", "Pausing operations")
        spare.echo("c", "one")
        until(lambda: spare.status("c").get("by") == "first", lambda: spare.log("first"))
    spare.echo("d", "two")
    until(lambda: spare.status("d").get("by") == "spare", lambda: spare.log("spare"))
    spare.place.kubectl("delete", "echo", "b", "c", "d", "--timeout=60s")
