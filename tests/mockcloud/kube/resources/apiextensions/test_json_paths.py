"""The paths of printer columns."""

import pytest

from mockcloud.kube.resources.apiextensions.json_paths import first

OBJECT = {
    "spec": {"a": 1, "list": [{"name": "x", "v": 1}, {"name": "y", "v": 2}]},
    "metadata": {"labels": {"app.example.com/name": "web"}},
    "status": {"conditions": [{"type": "Ready", "status": "False"}, {"type": "Up", "status": "True"}]},
}


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (".spec.a", 1),
        (".spec.list[0].name", "x"),
        (".spec.list[-1].v", 2),
        (".spec.list[*].name", "x"),
        (".metadata.labels['app.example.com/name']", "web"),
        (r".metadata.labels.app\.example\.com/name", "web"),
        ('.status.conditions[?(@.type=="Up")].status', "True"),
        (".status.conditions[?(@.type=='Ready')].status", "False"),
        (".spec.none.deeper", None),
        (".spec.list[7]", None),
        (".spec[?(@", None),
    ],
)
def test_first(path, value):
    """The first value; None where there is none, or the path is more than is known here."""
    assert first(OBJECT, path) == value
