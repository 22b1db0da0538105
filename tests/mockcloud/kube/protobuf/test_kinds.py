"""Which kinds clients may send in protobuf."""

from importlib import resources

import orjson

from mockcloud.kube import protobuf
from mockcloud.kube.resources.built_in import BUILT_IN

IN_JSON_ALONE = {"CustomResourceDefinition"}  # its module is not k8s.io/api


def test_every_kind_that_clients_write_is_known():
    """client-go sends protobuf by default: a kind without its numbers could be read, and not be made."""
    known = orjson.loads(resources.files(protobuf).joinpath("numbers.json").read_bytes())["kinds"]
    written = [kind for kind in BUILT_IN if "create" in kind.verbs and kind.kind not in IN_JSON_ALONE]
    assert [kind.kind for kind in written if f"{kind.group}/{kind.version}/{kind.kind}" not in known] == []
