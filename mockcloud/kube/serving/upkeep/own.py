"""The cluster's own objects stay: what somebody deletes or bends is made right again, as kube-apiserver does.

Guides end with `kubectl delete all --all`, which deletes Service `kubernetes`, too.
"""

from collections.abc import Awaitable, Callable
from contextlib import ExitStack

from mockcloud.kube.registry import Registry
from mockcloud.kube.serving.upkeep.looking import Upkeep
from mockcloud.kube.writes.bootstrap import OWN


async def keep_own(registry: Registry, begin: Callable[[], Awaitable[None]]) -> None:
    """Call `begin` (which makes what is missing) after each change of one of the cluster's own objects."""
    upkeep = Upkeep("restore an object of the cluster itself", begin)
    with ExitStack() as stack:
        for kind, keys in OWN.items():
            stack.callback(registry.store.subscribe(kind, upkeep.seeing(keys)))
        await upkeep.run()
