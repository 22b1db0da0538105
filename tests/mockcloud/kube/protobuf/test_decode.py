"""Kubernetes' protobuf envelopes, as Go writes them."""

import struct

import pytest

from mockcloud.kube.protobuf.decode import MAGIC, decode
from mockcloud.kube.protobuf.wire import WireError, fields, signed


def varint(value: int) -> bytes:
    value &= 0xFFFFFFFFFFFFFFFF
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*out, value])


def number(field: int, value: int) -> bytes:
    return varint(field << 3) + varint(value)


def text(field: int, *parts: str | bytes) -> bytes:
    content = b"".join(part.encode() if isinstance(part, str) else part for part in parts)
    return varint(field << 3 | 2) + varint(len(content)) + content


def envelope(group_version: str, kind: str, raw: bytes) -> bytes:
    return MAGIC + text(1, text(1, group_version), text(2, kind)) + text(2, raw) + text(3) + text(4)


# ObjectMeta as Go writes it: every plain field is there, set or not.
META = text(1, "web") + text(2) + text(3, "default") + text(4) + text(5) + text(6) + number(7, 0) + text(8)


def test_a_config_map():
    """Strings, maps of strings and of bytes; what is unset stays away."""
    raw = text(1, META, text(11, text(1, "app"), text(2, "web")))
    raw += text(2, text(1, "key"), text(2, "value")) + text(2, text(1, "empty"), text(2))
    raw += text(3, text(1, "bin"), text(2, b"\xff\x00"))
    assert decode(envelope("v1", "ConfigMap", raw)) == {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "web", "namespace": "default", "labels": {"app": "web"}},
        "data": {"key": "value", "empty": ""},
        "binaryData": {"bin": "/wA="},
    }


def test_zeros_behind_pointers_are_kept():
    """replicas is a pointer in Go, so 0 is meant; minReadySeconds is not, so 0 is nothing."""
    raw = text(1, META) + text(2, number(1, 0) + number(5, 0) + text(2, text(1, text(1, "a"), text(2, "b"))))
    decoded = decode(envelope("apps/v1", "Deployment", raw))
    assert decoded["spec"] == {"replicas": 0, "selector": {"matchLabels": {"a": "b"}}}


def test_numbers_or_strings_and_inlined_structs():
    """targetPort is a number or a name; a volume's source stands beside its name."""
    ports = text(1, text(2, "") + number(3, 80) + text(4, number(1, 0) + number(2, 8080) + text(3)))
    ports += text(1, number(3, 81) + text(4, number(1, 1) + number(2, 0) + text(3, "http")))
    service = decode(envelope("v1", "Service", text(1, META) + text(2, ports)))
    assert service["spec"]["ports"] == [{"port": 80, "targetPort": 8080}, {"port": 81, "targetPort": "http"}]
    volume = text(1, text(1, "scratch") + text(2, text(2, text(1))))
    assert decode(envelope("v1", "Pod", text(2, volume)))["spec"]["volumes"] == [
        {"name": "scratch", "emptyDir": {}}
    ]


def test_times_and_quantities():
    """Times become RFC 3339, quantities their text, negative numbers stay negative."""
    meta = text(1, "web") + text(9, number(1, 1795266000) + number(2, 0)) + number(10, -1)
    limits = text(1, text(1, "cpu"), text(2, text(1, "500m")))
    raw = text(1, meta) + text(2, text(2, text(1, "c") + text(8, limits)))
    pod = decode(envelope("v1", "Pod", raw))
    assert pod["metadata"]["deletionTimestamp"] == "2026-11-21T13:00:00Z"
    assert pod["metadata"]["deletionGracePeriodSeconds"] == -1
    assert pod["spec"]["containers"] == [{"name": "c", "resources": {"limits": {"cpu": "500m"}}}]
    lease = text(2, text(3, number(1, 1795266000) + number(2, 5000)))
    spec = decode(envelope("coordination.k8s.io/v1", "Lease", lease))["spec"]
    assert spec == {"acquireTime": "2026-11-21T13:00:00.000005Z"}


def test_schemas():
    """Any JSON, numbers with a point, and what is a schema or something else: true, false, a list of them."""
    fixed = varint(11 << 3 | 1) + struct.pack("<d", 5) + varint(19 << 3 | 1) + struct.pack("<d", 0.5)
    fields = {
        "number": fixed + number(13, 0) + text(8, text(1, "null")),
        "any": text(30, number(1, 1)),
        "none": text(30, number(1, 0)),
        "map": text(30, number(1, 1) + text(2, text(5, "string"))),
        "open": text(30, number(1, 1) + text(2, text(1))),
        "list": text(24, text(1, text(5, "string"))),
        "tuple": text(24, text(2, text(5, "string"))),
        "enum": text(20, text(1, '"a"')) + text(20, text(1, "null")) + number(38, 1),
    }
    properties = b"".join(text(29, text(1, name), text(2, inner)) for name, inner in fields.items())
    version = text(7, text(1, "v1") + number(2, 1) + text(4, text(1, properties)) + text(5, text(1)))
    decoded = decode(envelope("apiextensions.k8s.io/v1", "CustomResourceDefinition", text(2, version)))
    assert decoded["spec"]["versions"] == [
        {
            "name": "v1",
            "served": True,
            "subresources": {"status": {}},
            "schema": {
                "openAPIV3Schema": {
                    "properties": {
                        "number": {"minimum": 5, "multipleOf": 0.5, "maxLength": 0, "default": None},
                        "any": {"additionalProperties": True},
                        "none": {"additionalProperties": False},
                        "map": {"additionalProperties": {"type": "string"}},
                        "open": {"additionalProperties": {}},
                        "list": {"items": {"type": "string"}},
                        "tuple": {"items": [{"type": "string"}]},
                        "enum": {"enum": ["a", None], "x-kubernetes-preserve-unknown-fields": True},
                    }
                }
            },
        }
    ]


def test_what_is_nested_without_end_is_refused():
    """Schemas stand in each other; the deepest that are taken are far deeper than any real one."""
    schema = b""
    for _ in range(5000):
        schema = text(28, schema)
    content = text(2, text(7, text(4, text(1, schema))))
    with pytest.raises(WireError, match="nested too deeply"):
        decode(envelope("apiextensions.k8s.io/v1", "CustomResourceDefinition", content))


def test_json_in_an_envelope():
    """The content type says what is inside."""
    raw = b'{"kind":"ConfigMap"}'
    content = MAGIC + text(1) + text(2, raw) + text(4, "application/json")
    assert decode(content) == {"kind": "ConfigMap"}


def test_fields_that_are_not_known_are_skipped():
    """A newer client may send more."""
    assert decode(envelope("v1", "ConfigMap", text(900, "new"))) == {"apiVersion": "v1", "kind": "ConfigMap"}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        pytest.param(b"{}", "does not appear to be a protobuf message", id="json"),
        pytest.param(
            envelope("v1", "Thing", b""), 'no kind "Thing" is registered for version "v1"', id="unknown-kind"
        ),
        pytest.param(envelope("v1", "ConfigMap", b"\x0a\xff"), "has no end", id="cut-number"),
        pytest.param(envelope("v1", "ConfigMap", b"\x0a\x05ab"), "within a field of 5 bytes", id="cut-text"),
        pytest.param(envelope("v1", "ConfigMap", b"\x0b"), "wire type 3", id="wire-type"),
        pytest.param(envelope("v1", "ConfigMap", number(1, 5)), "where bytes were expected", id="number"),
        pytest.param(envelope("v1", "ConfigMap", text(4, "x")), "where a number was expected", id="text"),
    ],
)
def test_what_cannot_be_read(content, message):
    """An error says what is wrong; nothing is guessed."""
    with pytest.raises(WireError, match=message):
        decode(content)


def test_fixed_numbers_are_read():
    """Wire types 1 and 5."""
    assert list(fields(b"\x09" + (7).to_bytes(8, "little") + b"\x15" + (9).to_bytes(4, "little"))) == [
        (1, 7),
        (2, 9),
    ]
    assert (signed(5), signed(2**64 - 1)) == (5, -1)
