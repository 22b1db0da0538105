"""ConfigMaps."""

import pytest

from mockcloud.kube.resources.core.configmap import CONFIG_MAP

BIG = "x" * (1024 * 1024 + 1)


def texts(causes):
    return [str(cause) for cause in causes]


@pytest.mark.parametrize(
    ("new", "starts"),
    [
        pytest.param({"data": {"a.yaml": "x"}}, [], id="right"),
        pytest.param(
            {"data": {"a b": "x"}}, ['data[a b]: Invalid value: "a b": a valid config key must'], id="key"
        ),
        pytest.param(
            {"data": {"a": "x"}, "binaryData": {"a": "eA=="}},
            ['data[a]: Invalid value: "a": duplicate of key present in binaryData'],
            id="in-both",
        ),
        pytest.param({"data": {"a": BIG}}, [": Too long: may not be more than 1048576 bytes"], id="too-big"),
    ],
)
def test_config_maps(new, starts):
    """One row a rule; the beginnings of the texts."""
    found = texts(CONFIG_MAP.validate(new, None))
    assert [text.startswith(start) for text, start in zip(found, starts, strict=True)] == [True] * len(starts)


def test_an_immutable_config_map_stays_as_it_is():
    """Neither the data nor the flag."""
    old = {"immutable": True, "data": {"a": "1"}}
    assert texts(CONFIG_MAP.validate(old, old)) == []
    assert texts(CONFIG_MAP.validate({"data": {"a": "2"}}, old)) == [
        "immutable: Forbidden: field is immutable when `immutable` is set",
        "data: Forbidden: field is immutable when `immutable` is set",
    ]
