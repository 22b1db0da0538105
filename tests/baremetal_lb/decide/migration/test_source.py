"""Where a MetalLB configuration is found."""

import pytest

from baremetal_lb.decide.migration.source import of_manifests, of_text
from baremetal_lb.model.errors import ConfigRejected

POOL = """
apiVersion: metallb.io/v1beta1
kind: IPAddressPool
metadata: {name: lan, namespace: metallb-system}
spec: {addresses: [10.0.0.1-10.0.0.9], autoAssign: false}
"""
ADVERTISED = """
apiVersion: metallb.io/v1beta1
kind: L2Advertisement
metadata: {name: l2, namespace: metallb-system}
"""
OLD = """
address-pools:
- name: 10
  protocol: layer2
  addresses: [10.0.0.0/24]
  auto-assign: no
"""
ENTRY = {"name": "lan", "protocol": "layer2", "addresses": ["10.0.0.1-10.0.0.9"], "auto-assign": False}
OLD_ENTRY = {
    "name": "10",
    "protocol": "layer2",
    "addresses": ["10.0.0.0/24"],
    "auto-assign": False,
    "skip-network-broadcast": False,
}


def indented(text: str, by: str) -> str:
    return "".join(f"{by}{line}\n" for line in text.strip().splitlines())


OLD_MAP = f"""
apiVersion: v1
kind: ConfigMap
metadata: {{name: config}}
data:
  config: |
{indented(OLD, "    ")}"""


@pytest.mark.parametrize(
    ("text", "entry"),
    [
        pytest.param(f"{POOL}---\n{ADVERTISED}", ENTRY, id="documents"),
        pytest.param(
            f"kind: List\nitems:\n- {indented(POOL, '  ').strip()}\n- {indented(ADVERTISED, '  ').strip()}",
            ENTRY,
            id="list",
        ),
        pytest.param(
            f"kind: IPAddressPoolList\nitems:\n- {indented(POOL, '  ').strip()}\n---\n{ADVERTISED}",
            ENTRY,
            id="list-of-a-kind",
        ),
        pytest.param(f"{POOL}---\n{ADVERTISED}---\n{OLD_MAP}", ENTRY, id="old-configmap-left-over"),
        pytest.param(OLD_MAP, OLD_ENTRY, id="old-configmap"),
        pytest.param(OLD, OLD_ENTRY, id="old-configuration"),
    ],
)
def test_a_configuration_is_found_in_whatever_form_it_is(text, entry):
    """Numbers that are names stay names, and `no` is false where a truth is wanted."""
    source = of_text(text)
    assert source.config == {"address-pools": [entry]}
    assert source.notes == ()


def test_peers_of_an_old_configuration_are_taken_over_and_that_is_said():
    """They are checked, not used."""
    source = of_text(OLD + "peers: [{my-asn: 1, peer-asn: 2, peer-address: 10.0.0.1}]")
    assert source.config["peers"] == [{"my-asn": 1, "peer-asn": 2, "peer-address": "10.0.0.1"}]
    assert "BGP is not spoken" in source.notes[0]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param("", "found nothing of MetalLB's; expected IPAddressPools", id="empty"),
        pytest.param("kind: Service\nmetadata: {name: x}", "found nothing of MetalLB's", id="others"),
        pytest.param(ADVERTISED, "there is no IPAddressPool", id="no-pool"),
        pytest.param("address-pools: []", "there are no address-pools", id="old-without-pools"),
        pytest.param(OLD.replace("layer2", "layer3"), "address-pools[0].protocol", id="old-and-wrong"),
        pytest.param(f"{OLD_MAP}---\n{OLD_MAP}", "found 2 ConfigMaps with data.config", id="two"),
        pytest.param(
            "{{ .Values.x }}",
            "is a Helm template; expected YAML: helm template CHART | baremetal-lb migrate -",
            id="helm",
        ),
    ],
)
def test_what_is_no_configuration_is_refused_with_what_to_do(text, message):
    """What was found, and what was expected."""
    with pytest.raises(ConfigRejected) as caught:
        of_text(text)
    assert message in str(caught.value)


def test_objects_without_metadata_are_none():
    """The API gives none such; files may."""
    with pytest.raises(ConfigRejected):
        of_manifests([{"apiVersion": "metallb.io/v1beta1", "kind": "IPAddressPool"}])
