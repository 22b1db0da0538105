"""Errors that a person can do something about."""

from baremetal_lb.model.errors import ConfigFault, ConfigRejected, PortTaken


def test_a_fault_says_where_it_is():
    """Unless it is one of the whole text."""
    assert str(ConfigFault("address-pools[1].name", "is required")) == "address-pools[1].name: is required"
    assert str(ConfigFault("", "has 2 documents")) == "has 2 documents"


def test_a_configuration_is_refused_with_all_its_faults():
    """In their order."""
    faults = (ConfigFault("a", "is required"), ConfigFault("b", "is empty"))
    rejected = ConfigRejected(faults)
    assert (str(rejected), rejected.faults) == ("a: is required; b: is empty", faults)


def test_a_port_that_is_taken_is_named_with_the_option_that_sets_it():
    """So that it is known what to change, and how to find who has it."""
    taken = PortTaken(7947, "udp", "--membership-port", "Address already in use")
    assert str(taken) == (
        "cannot listen on UDP port 7947 (--membership-port): Address already in use; who has it on this "
        "node: ss -lunp 'sport = :7947'. Another release's daemon? Then give one of them another "
        "--membership-port"
    )
    assert "ss -ltnp 'sport = :9120'" in str(
        PortTaken(9120, "tcp", "--metrics-port", "Address already in use")
    )
