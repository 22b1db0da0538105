"""Which kinds clients may send in protobuf."""

from importlib import resources

import orjson

from mockcloud.kube import protobuf
from mockcloud.kube.resources.built_in import BUILT_IN


def test_every_kind_that_clients_write_is_known():
    """client-go sends protobuf by default: a kind without its numbers could be read, and not be made."""
    known = orjson.loads(resources.files(protobuf).joinpath("numbers.json").read_bytes())["kinds"]
    written = [kind for kind in BUILT_IN if "create" in kind.verbs]
    assert [kind.kind for kind in written if f"{kind.group}/{kind.version}/{kind.kind}" not in known] == []


def test_fields_have_their_json_names():
    """Which are not always those of the protobuf message: webhook configurations' differ by a capital."""
    messages = orjson.loads(resources.files(protobuf).joinpath("numbers.json").read_bytes())["messages"]
    capital = {
        (name, one[0]) for name, fields in messages.items() for one in fields.values() if one[0][:1].isupper()
    }
    assert capital == {("k8s.io.api.core.v1.DaemonEndpoint", "Port")}
