"""The command line."""

import pytest

from mockcloud.node.pods.files.resolv_conf import ClusterDns
from mockcloud.node.settings import parse

GOOD = {
    "--node-name": "node-1",
    "--node-ip": "192.168.10.11,fd00:10::11",
    "--uplink": "eth0=192.168.10.11/24,fd00:10::11/64",
    "--pod-cidr": "10.244.1.0/24,fd00:10:244:1::/64",
    "--cluster-cidr": "10.244.0.0/16,fd00:10:244::/48",
    "--data-dir": "/tmp/x",
    "--kubeconfig": "/tmp/k",
}


def argv(**changed):
    options = {**GOOD, **{f"--{name.replace('_', '-')}": value for name, value in changed.items()}}
    return [word for pair in options.items() for word in pair]


def test_a_dual_stack_node_is_understood():
    """Both families, and NodePorts on the node's own addresses."""
    settings = parse(argv())
    assert [str(ip) for ip in settings.node_ips] == ["192.168.10.11", "fd00:10::11"]
    assert settings.node_port_cidrs == ()
    assert settings.catalogue is None
    assert (settings.cluster_dns, str(settings.claims_dir)) == (ClusterDns(), "/tmp/x/claims")


def test_pods_are_told_where_names_are_answered():
    """By several addresses, under a domain."""
    settings = parse(argv(cluster_dns="10.96.0.10,fd00:10:96::a", cluster_domain="lab.example"))
    assert settings.cluster_dns == ClusterDns(("10.96.0.10", "fd00:10:96::a"), "lab.example")


def test_a_node_of_a_cloud():
    """It is completed by the cloud's controller, and the world is behind the routers that are named."""
    settings = parse(argv(cloud_provider="external", gateway="192.168.10.1,fd00:10::1"))
    assert settings.in_a_cloud
    assert [str(one) for one in settings.uplink.gateways] == ["192.168.10.1", "fd00:10::1"]
    assert not parse(argv()).in_a_cloud


def test_labels_of_the_node():
    """As a kubelet takes them; those of every kubelet are no matter of the command line."""
    given = "topology.kubernetes.io/zone=a,disk=,example.com/rack=R.1,node.kubernetes.io/x=y"
    assert parse(argv(node_labels=given)).node_labels == (
        ("topology.kubernetes.io/zone", "a"),
        ("disk", ""),
        ("example.com/rack", "R.1"),
        ("node.kubernetes.io/x", "y"),
    )
    assert parse(argv()).node_labels == ()


def test_taints_that_the_node_is_created_with():
    """As a kubelet takes them."""
    given = parse(argv(register_with_taints="a=b:NoSchedule,c:NoExecute")).taints
    assert given == ({"key": "a", "value": "b", "effect": "NoSchedule"}, {"key": "c", "effect": "NoExecute"})
    assert parse(argv()).taints == ()


@pytest.mark.parametrize(
    ("changed", "complaint"),
    [
        pytest.param({"node_labels": "a"}, "'a' is no label: expected KEY=VALUE", id="label"),
        pytest.param({"register_with_taints": "a"}, "'a' is no taint: expected KEY", id="taint"),
        pytest.param({"node_labels": "a=b c"}, "'a=b c' is no label", id="label-value"),
        pytest.param(
            {"node_labels": "node-role.kubernetes.io/master=x"},
            "node-role.kubernetes.io/master is Kubernetes' own",
            id="label-of-kubernetes",
        ),
        pytest.param({"node_name": "Node_1"}, "expected a lower-case DNS name", id="name"),
        pytest.param({"node_ip": "192.168.10.x"}, "--node-ip '192.168.10.x'", id="address"),
        pytest.param({"uplink": "eth0"}, "expected INTERFACE=IP/BITS", id="uplink"),
        pytest.param({"uplink": "eth0=192.168.10.11/33"}, "--uplink '192.168.10.11/33'", id="uplink-prefix"),
        pytest.param(
            {"uplink": "eth0=192.168.10.11/24"}, "the address fd00:10::11 of --node-ip", id="not-there"
        ),
        pytest.param({"node_ip": "192.168.10.11"}, "expected one of each, or none", id="families"),
        pytest.param(
            {"pod_cidr": "10.9.0.0/24,fd00:10:244:1::/64"},
            "inside --cluster-cidr 10.244.0.0/16",
            id="outside",
        ),
        pytest.param(
            {"gateway": "10.0.0.1"}, "--gateway 10.0.0.1: expected an address on eth0", id="gateway"
        ),
        pytest.param({"cloud_provider": "aws"}, "invalid choice: 'aws'", id="cloud-provider"),
        pytest.param({"cluster_dns": "10.96.0"}, "--cluster-dns '10.96.0'", id="cluster-dns"),
        pytest.param({"cluster_domain": "x_y"}, "expected a lower-case DNS name", id="cluster-domain"),
        pytest.param({"nodeport_addresses": "10.0.0.0/33"}, "--nodeport-addresses", id="node-port-cidr"),
    ],
)
def test_a_wrong_command_line_says_what_was_expected(changed, complaint, capsys):
    """Exit code 2, the option, its value, and what would be right."""
    with pytest.raises(SystemExit) as exit_info:
        parse(argv(**changed))
    assert exit_info.value.code == 2
    assert complaint in capsys.readouterr().err
