"""No request that the API's own OpenAPI describes, nor one near it, is answered 500 or not at all.

Longer by hand: MOCKCLOUD_FUZZ_SECONDS=600 MOCKCLOUD_FUZZ_SEED=7 pytest --timeout=0, and this file.
"""

import asyncio
import os
import re
import time
from collections import Counter
from random import Random

import orjson

from tests.mockcloud.kube.rest.fuzzing import Fuzz, spoilt

SECONDS = float(os.environ.get("MOCKCLOUD_FUZZ_SECONDS", "15"))
SEED = int(os.environ.get("MOCKCLOUD_FUZZ_SEED", "1"))
HANGS_SECONDS = 30
# kube-apiserver answers these so, too: errors that it makes without a status.
UPSTREAMS_500 = re.compile(
    r"failed to create typed patch object \(|list element types are not identical$"
    r"|map: .* does not contain declared merge key"
    r"|resourceVersion should not be set on objects to be created$",
    re.DOTALL,
)


async def documents(api) -> list[dict]:
    _, index = await api("GET", "/openapi/v3")
    return [(await api("GET", each["serverRelativeURL"]))[1] for each in index["paths"].values()]


async def test_no_request_is_answered_500_or_not_at_all(api):
    """All operations in an order of the seed, and valid objects a little spoilt, until the time is up."""
    rng = Random(SEED)
    fuzz = Fuzz(await documents(api), rng)
    order = rng.sample(range(len(fuzz)), len(fuzz))
    assert len(fuzz) > 100
    failed, seen, end, number = {}, Counter(), time.monotonic() + SECONDS, 0
    while time.monotonic() < end:
        asked = spoilt(rng) if number % 2 else fuzz.one(order[number // 2 % len(order)])
        number += 1
        async with asyncio.timeout(HANGS_SECONDS):
            status, body = await api(
                asked.method, asked.path, asked.body, **{"Content-Type": asked.content_type}
            )
        seen[asked.method, status] += 1
        if status >= 500 and not UPSTREAMS_500.match(body.get("message", "")):
            said = f"{asked.method} {asked.path} {asked.content_type}: {body}"
            failed.setdefault(
                body.get("message", "")[:60], f"{said}\n  sent {orjson.dumps(asked.body)[:2000]}"
            )
    print(f"{number} requests, seed {SEED}: {sorted(seen.items())}")  # pytest -s, or where it fails
    assert seen["POST", 201], "nothing was valid enough to be created"
    assert not failed, f"of {number} requests (seed {SEED}):\n" + "\n".join(failed.values())
