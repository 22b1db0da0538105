"""A pod's tokens, from an API of a few lines, on a clock of the test's."""

import asyncio
from datetime import UTC, datetime

import pytest

from mockcloud.client.errors import ApiError
from mockcloud.node.container_config import tokens
from mockcloud.node.container_config.tokens import PodTokens
from mockcloud.node.pods.files.convert import volume
from mockcloud.node.pods.files.sources import Token
from mockcloud.node.pods.rendering import NoVolume
from mockcloud.node.pods.spec import PodSpec

WANTED = Token("token", seconds=3607)


class Api:
    """Answers TokenRequests: the n-th token is good for `life` seconds of the test's clock."""

    def __init__(self):
        self.now, self.life, self.asked, self.refuses = 1000.0, 100.0, [], 0

    def clock(self):
        return self.now

    async def create(self, _resource, body, *, subresource):
        assert subresource == "token"
        if self.refuses:
            self.refuses -= 1
            raise ApiError(403, "Forbidden", "not today")
        self.asked.append(body)
        ends = datetime.fromtimestamp(self.now + self.life, tz=UTC).isoformat()
        return {"status": {"token": f"token {len(self.asked)}", "expirationTimestamp": ends}}


def tokens_for(api, *, audience=""):
    source = {"path": "token", "expirationSeconds": 3607, **({"audience": audience} if audience else {})}
    files = volume({"name": "v", "projected": {"sources": [{"serviceAccountToken": source}]}})
    return PodTokens(api, PodSpec("u", "shop", "web", (), account="clerk", volumes=(files,)), api.clock)


async def test_a_token_is_bound_to_its_pod_and_asked_for_once():
    """Before it is there, a volume cannot be made."""
    api = Api()
    pod = tokens_for(api)
    with pytest.raises(NoVolume, match="no token of service account clerk yet"):
        pod.text(WANTED)
    await pod.renew()
    await pod.renew()
    assert pod.text(WANTED) == "token 1"
    (body,) = api.asked
    assert body["metadata"] == {"namespace": "shop", "name": "clerk"}
    assert body["spec"] == {
        "expirationSeconds": 3607,
        "boundObjectRef": {"apiVersion": "v1", "kind": "Pod", "name": "web", "uid": "u"},
    }


async def test_a_token_for_somebody_else_says_so():
    """Its audience is in the request."""
    api = Api()
    await tokens_for(api, audience="vault").renew()
    assert api.asked[0]["spec"]["audiences"] == ["vault"]


async def test_what_the_api_refuses_is_the_reason_that_the_volume_is_not_there():
    """In a kubelet's words."""
    api = Api()
    api.refuses = 1
    with pytest.raises(NoVolume, match=r"failed to fetch token of service account shop/clerk: .*not today"):
        await tokens_for(api).renew()


async def test_a_token_is_renewed_in_time_and_again_where_that_fails(monkeypatch):
    """At four fifths of its life; a refusal is tried again while the old one is good."""
    api, heard = Api(), asyncio.Queue()
    waited = []

    async def sleep(seconds):
        waited.append(seconds)
        api.now += seconds
        await asyncio.wait_for(heard.get(), 60)

    monkeypatch.setattr(tokens.asyncio, "sleep", sleep)
    pod = tokens_for(api)
    await pod.renew()
    api.refuses = 1
    renewed = asyncio.Queue()
    keeping = asyncio.create_task(pod.keep(lambda: renewed.put_nowait(pod.text(WANTED))))
    for _ in range(2):
        heard.put_nowait(None)
    assert await asyncio.wait_for(renewed.get(), 60) == "token 2"
    assert waited[:2] == [80.0, tokens.AGAIN_SECONDS]
    keeping.cancel()


async def test_a_pod_without_tokens_has_nothing_to_keep():
    """It ends at once."""
    await PodTokens(Api(), PodSpec("u", "shop", "web", ()), Api().clock).keep(lambda: None)
