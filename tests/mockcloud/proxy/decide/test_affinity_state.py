"""What a listing says of sets that remember clients."""

from mockcloud.proxy.decide.affinity_state import remembered

LISTING = """\
table ip mockcloud {
    set cluster-ips {
        type ipv4_addr
        elements = { 10.96.0.1,
                 10.96.0.2 }
    }

    set affinity-ABC-default/web/tcp/__10.244.1.2/80 {
        type ipv4_addr
        size 65536
        flags dynamic,timeout
        elements = { 192.168.10.100 timeout 3h expires 2h59m58s,
                 192.168.10.101 timeout 3h expires 1s }
    }

    set affinity-DEF-default/old/tcp/__10.244.1.2/80 {
        type ipv4_addr
        size 65536
        flags dynamic,timeout
        elements = { 192.168.10.102 timeout 3h expires 1h }
    }

    set affinity-GHI-default/new/tcp/__10.244.1.2/80 {
        type ipv4_addr
        size 65536
        flags dynamic,timeout
    }
}
"""
WEB, NEW = "affinity-ABC-default/web/tcp/__10.244.1.2/80", "affinity-GHI-default/new/tcp/__10.244.1.2/80"


def test_clients_of_wanted_sets_are_taken_over_in_nfts_words():
    """With what is left of each one's time; sets that nobody wants, and empty ones, are left out."""
    clients = "192.168.10.100 timeout 3h expires 2h59m58s, 192.168.10.101 timeout 3h expires 1s"
    assert remembered(LISTING, {WEB, NEW}) == {WEB: clients}


def test_an_empty_listing_remembers_nothing():
    """A table that was just made."""
    assert remembered("table ip mockcloud {\n}\n", {WEB}) == {}
