"""kubectl, which knows every way to reach a cluster: commands, and watches that end when something is so."""

from __future__ import annotations

import json
import os
import selectors
import shlex
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any, Final

_SEVERAL: Final = 4
_GRACE: Final = 15.0  # seconds beyond kubectl's own --timeout
Object = dict[str, Any]
Lacking = Callable[[Mapping[str, Object]], str]
"""What the objects, by name, still lack, in words; nothing where all is as it should be."""


class KubectlError(Exception):
    """kubectl's own words."""


@dataclass(frozen=True, slots=True)
class Kubectl:
    """kubectl for one cluster; `seconds` bound each wait."""

    binary: str
    environment: Mapping[str, str] = field(
        repr=False
    )  # a failing test prints what it has; not people's secrets
    seconds: float

    @property
    def patient(self) -> Kubectl:
        """The same for what consists of several waits, one after the other."""
        return replace(self, seconds=_SEVERAL * self.seconds)

    def __call__(self, *arguments: str, given: str | None = None) -> str:
        """What it prints; KubectlError where it fails."""
        done = subprocess.run(
            [self.binary, *arguments],
            env=self.environment,
            input=given,
            stdin=subprocess.DEVNULL if given is None else None,
            capture_output=True,
            text=True,
            timeout=self.seconds + _GRACE,
            check=False,
        )
        if done.returncode:
            msg = f"kubectl {shlex.join(arguments)}: {done.stderr.strip()}"
            raise KubectlError(msg)
        return done.stdout

    def json(self, *arguments: str) -> Object:
        """The object, or the list of objects."""
        found: Object = json.loads(self(*arguments, "--output=json"))
        return found

    def find(self, *arguments: str) -> Object | None:
        """The object; None where there is none."""
        said = self("get", *arguments, "--ignore-not-found", "--output=json")
        found: Object | None = json.loads(said) if said.strip() else None
        return found

    def create(self, *objects: Object) -> None:
        """Create all of them."""
        self("create", "--filename=-", given="\n".join(map(json.dumps, objects)))

    def patch(self, *what: str, **fields: object) -> None:
        """Merge these fields into the object."""
        self("patch", *what, "--type=merge", "--patch", json.dumps(fields))

    def until(self, lacking: Lacking, *what: str) -> dict[str, Object]:
        """Watch what `kubectl get WHAT` lists until it lacks nothing: the objects by name.

        AssertionError, with what was still lacking, where that takes too long.
        """
        deadline, missing = time.monotonic() + self.seconds, "nothing was seen"
        while time.monotonic() < deadline:
            objects: dict[str, Object] = {}
            with self._watching(*what) as events:
                for event in events(deadline):
                    _heed(objects, event)
                    missing = lacking(objects)
                    if not missing:
                        return objects
            time.sleep(0.2)  # the API has ended the watch, as it does, or is out of reach: look anew
        msg = f"{' '.join(what)}: after {self.seconds:g} s {missing}"
        raise AssertionError(msg)

    @contextmanager
    def _watching(self, *what: str) -> Iterator[Callable[[float], Iterator[Object]]]:
        command = [self.binary, "get", *what, "--watch", "--output-watch-events", "--output=json"]
        with subprocess.Popen(
            command, env=self.environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE
        ) as process:
            assert process.stdout is not None
            descriptor = process.stdout.fileno()
            try:
                yield lambda deadline: _events(descriptor, deadline)
            finally:
                process.kill()


class Documents:
    """Bytes of kubectl's JSON, as they come -> whole documents: watch events are a line each."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, received: bytes) -> list[Object]:
        """The documents that are whole now."""
        *whole, self._rest = (self._rest + received).split(b"\n")
        return [json.loads(each) for each in whole]


def _events(descriptor: int, deadline: float) -> Iterator[Object]:
    documents = Documents()
    with selectors.DefaultSelector() as selector:
        selector.register(descriptor, selectors.EVENT_READ)
        while (left := deadline - time.monotonic()) > 0 and selector.select(left):
            received = os.read(descriptor, 1 << 16)
            if not received:
                return
            yield from documents.feed(received)


def _heed(objects: dict[str, Object], event: Object) -> None:
    name = event["object"]["metadata"]["name"]
    if event["type"] == "DELETED":
        objects.pop(name, None)
    else:
        objects[name] = event["object"]
