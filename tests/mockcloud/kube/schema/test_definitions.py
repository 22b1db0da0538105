"""The generated file, read as values."""

import pytest

from mockcloud.kube.schema.definitions import definition, item_type, kinds, of_kind

SERVICE = ("", "v1", "Service")


def test_every_kind_has_a_definition_with_metadata():
    """Whatever is served can be validated and explained."""
    for gvk in kinds():
        struct = of_kind(gvk)
        assert struct is not None
        assert "spec" in struct.fields or "metadata" in struct.fields


def test_an_unknown_kind_has_none():
    """A kind outside the table is not guessed at."""
    assert of_kind(("example.com", "v1", "Widget")) is None


def test_service_ports_carry_their_merge_key():
    """The key comes from the hints, the type and required-ness from the models."""
    spec = definition("io.k8s.api.core.v1.ServiceSpec")
    assert spec is not None
    ports = spec.fields["ports"]
    assert (ports.type, ports.patch_merge_key, ports.patch_strategy) == (
        "[]io.k8s.api.core.v1.ServicePort",
        "port",
        "merge",
    )
    assert (ports.list_type, ports.list_map_keys) == ("map", ("port", "protocol"))
    port = definition("io.k8s.api.core.v1.ServicePort")
    assert port is not None
    assert port.fields["port"].required
    assert port.fields["targetPort"].type == "int-or-string"
    assert port.short_name == "v1.ServicePort"


@pytest.mark.parametrize(
    ("type_", "held"),
    [
        pytest.param("[]string", "string", id="list"),
        pytest.param("map[quantity]", "quantity", id="map"),
        pytest.param("[]map[string]", "map[string]", id="nested"),
        pytest.param("string", None, id="plain"),
    ],
)
def test_item_type(type_, held):
    """What a list or a map holds."""
    assert item_type(type_) == held
