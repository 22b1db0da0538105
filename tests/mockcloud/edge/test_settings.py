"""The command line."""

from ipaddress import IPv4Address, IPv4Network

import pytest

from mockcloud.edge.inventory import Machine
from mockcloud.edge.settings import Descriptors, parse

GOOD = {
    "--data-dir": "/tmp/x",
    "--inside": "eth0",
    "--outside": "eth1",
    "--private-cidr": "10.0.0.0/16",
    "--subnet": "10.0.1.0/24",
    "--machine": "node-1=10.0.1.11=1",
    "--kubernetes-api": "10.0.0.10:6443",
    "--lab-url": "http://203.0.113.1:8077",
    "--dns-address": "203.0.113.1",
    "--api-fd": "5",
    "--dns-fd": "6",
    "--metadata-fd": "7",
    "--switch-fd": "8",
}


def argv(**changed):
    options = {**GOOD, **{f"--{name.replace('_', '-')}": value for name, value in changed.items()}}
    return [word for pair in options.items() for word in pair]


def test_what_an_edge_is_told():
    """Where it stands, which machines there are, and what it inherits."""
    settings = parse(argv())
    assert settings.inventory.machines == (Machine("node-1", IPv4Address("10.0.1.11"), 1),)
    assert settings.inventory.subnets == (IPv4Network("10.0.1.0/24"),)
    assert settings.where.api == (IPv4Address("10.0.0.10"), 6443)
    assert settings.descriptors == Descriptors((5,), (6,), (7,), 8)


@pytest.mark.parametrize(
    ("changed", "complaint"),
    [
        pytest.param({"machine": "node-1=10.0.1.11"}, "expected NAME=IP=ZONE", id="machine"),
        pytest.param({"machine": "node-1=10.0.1.11=0"}, "expected NAME=IP=ZONE", id="zone"),
        pytest.param({"private_cidr": "10.0.0.0/33"}, "--private-cidr '10.0.0.0/33'", id="range"),
        pytest.param({"upstream": "x"}, "upstream 'x'", id="upstream"),
        pytest.param({"switch_fd": "x"}, "invalid int value: 'x'", id="descriptor"),
    ],
)
def test_a_wrong_command_line_says_what_was_expected(changed, complaint, capsys):
    """Exit code 2, the option, its value, and what would be right."""
    with pytest.raises(SystemExit) as exit_info:
        parse(argv(**changed))
    assert exit_info.value.code == 2
    assert complaint in capsys.readouterr().err
