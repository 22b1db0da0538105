"""What of a person's environment does not reach into the lab."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

_PROXY: Final = "_proxy"


def without_proxies(environment: Mapping[str, str]) -> dict[str, str]:
    """All but HTTPS_PROXY, http_proxy, ALL_PROXY, NO_PROXY and their like, in either case.

    No host of the lab can reach such a proxy, and it could reach no address of the lab.
    """
    return {name: value for name, value in environment.items() if not name.lower().endswith(_PROXY)}
