"""What is written of a pod's status while the watch lags behind."""

from __future__ import annotations

from mockcloud.node.pods.spec import PodSpec
from mockcloud.node.runtime.status_writer import StatusWriter

SPEC = PodSpec("u", "default", "web", ())


class Api:
    """Keeps the pod's status as it is patched; each write has the next version."""

    def __init__(self) -> None:
        self.version = 10
        self.written: list[dict] = []

    async def patch(self, _resource, _name, patch, **_where) -> dict:
        self.version += 1
        self.written.append(patch["status"])
        return self.state()

    def state(self) -> dict:
        return {"metadata": {"resourceVersion": str(self.version)}, "status": self.written[-1]}


def conditions(before: dict, now: int) -> dict:
    """A status as an agent makes it: a condition keeps its time where the API has had it already."""
    held = {each["type"]: each for each in before.get("status", {}).get("conditions", [])}
    return {"conditions": [held.get("Ready", {"type": "Ready", "status": "True", "since": now})]}


async def test_the_echo_of_what_was_is_not_answered():
    """Events of states before our write come late: nothing more is written for any of them."""
    api = Api()
    seen = [{"metadata": {"resourceVersion": "9"}, "status": {}}]

    def current() -> dict:
        return conditions(writer.known(seen[-1]), now=len(seen))

    writer = StatusWriter(api, SPEC, current)
    assert await writer.write()
    for echo in (seen[0], {"metadata": {"resourceVersion": "10"}, "status": {}}, api.state()):
        seen.append(echo)
        assert await writer.write()
    assert len(api.written) == 1


async def test_what_others_wrote_since_counts():
    """A newer state is the pod's: what it lacks is written anew."""
    api = Api()
    seen = {"metadata": {"resourceVersion": "9"}, "status": {}}

    def current() -> dict:
        return conditions(writer.known(seen), int(seen["metadata"]["resourceVersion"]))

    writer = StatusWriter(api, SPEC, current)
    await writer.write()
    seen = {"metadata": {"resourceVersion": "12"}, "status": {"conditions": []}}
    await writer.write()
    assert [each["conditions"][0]["since"] for each in api.written] == [9, 12]
