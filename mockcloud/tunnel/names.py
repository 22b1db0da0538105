"""Names of a cloud's balancers, asked of its name server as the lab's client would."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, Final

import dns.exception
import dns.message
import dns.name
import dns.rdatatype

from mockcloud.lab.cloud_files import resolv_conf

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mockcloud.lab.state import LabFolder
    from mockcloud.tunnel.inside import Inside

_PORT: Final = 53
_SECONDS: Final = 2.0
_LONGEST: Final = 65535
_KINDS: Final = (dns.rdatatype.A, dns.rdatatype.AAAA)


class Names:
    """What the lab's own name server says; nothing where the lab has none."""

    def __init__(self, folder: LabFolder, inside: Inside) -> None:
        """Of a lab that is up."""
        self._inside, file = inside, resolv_conf(folder)
        lines = file.read_text().splitlines() if file else []
        self._servers = [line.split()[1] for line in lines if line.startswith("nameserver ")]

    async def look_up(self, names: Iterable[str]) -> dict[str, list[str]]:
        """The addresses of each; those that have none now are left out."""
        found: dict[str, list[str]] = {}
        for name in names if self._servers else ():
            # Whoever made the Service may write what he likes there; and no answer now may be one later.
            with contextlib.suppress(dns.exception.DNSException, OSError, TimeoutError, ValueError):
                if addresses := [each for kind in _KINDS for each in await self._ask(name, kind)]:
                    found[name] = addresses
        return found

    async def _ask(self, name: str, kind: dns.rdatatype.RdataType) -> list[str]:
        loop, server = asyncio.get_running_loop(), self._servers[0]
        query = dns.message.make_query(dns.name.from_text(name), kind)
        with self._inside.socket(server, "UDP") as asked:
            async with asyncio.timeout(_SECONDS):
                await loop.sock_sendto(asked, query.to_wire(), (server, _PORT))
                answer = dns.message.from_wire(await loop.sock_recv(asked, _LONGEST))
        if not query.is_response(answer):
            return []
        return [item.address for rrset in answer.answer if rrset.rdtype == kind for item in rrset]
