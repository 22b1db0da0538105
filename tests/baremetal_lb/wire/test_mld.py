"""Listener reports, read back by scapy."""

from hypothesis import given, settings
from hypothesis import strategies as st
from scapy.layers.inet6 import ICMPv6MLReport2, IPv6, IPv6ExtHdrHopByHop, RouterAlert, in6_chksum
from scapy.layers.l2 import Ether

from baremetal_lb.wire.mld import report
from tests.fakes.solicitor import group_of


@settings(max_examples=25)  # scapy reads slowly
@given(st.binary(min_size=6, max_size=6), st.ip_addresses(v=6))
def test_report_says_that_we_listen_to_the_group_of_the_address(mac, address) -> None:
    """RFC 3810: hop limit 1, router alert, to ff02::16, one record that excludes nothing."""
    seen = Ether(report(mac, address))
    assert (seen.dst, seen.src) == ("33:33:00:00:00:16", mac.hex(":"))
    ipv6, said = seen[IPv6], seen[ICMPv6MLReport2]
    assert (ipv6.src, ipv6.dst, ipv6.hlim) == ("::", "ff02::16", 1)
    assert isinstance(seen[IPv6ExtHdrHopByHop].options[0], RouterAlert)
    (record,) = said.records
    assert (said.records_number, record.rtype, record.dst, record.sources) == (
        1,
        2,
        group_of(str(address))[0],
        [],
    )
    assert in6_chksum(58, ipv6, bytes(said)) == 0
