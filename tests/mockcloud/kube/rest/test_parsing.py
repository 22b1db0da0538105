"""Bodies to values, and what no body may do."""

import pytest

from mockcloud.kube.rest.parsing import JSON, PROTOBUF, YAML, YAML_LIMIT, parsed
from mockcloud.kube.writes.refusals import Refusal

BOMB = b"a: &a [x,x,x,x,x,x,x,x,x,x]\n" + b"".join(
    b"%c: &%c [%s]\n" % (name, name, b",".join([b"*%c" % (name - 1)] * 10)) for name in b"bcdefghi"
)


@pytest.mark.parametrize(
    ("content", "medium", "value"),
    [
        pytest.param(b'{"a":[1]}', "", {"a": [1]}, id="json-unnamed"),
        pytest.param(b'{"a":1}', "application/json; charset=utf-8", {"a": 1}, id="json-with-charset"),
        pytest.param(b"[" * 100 + b"]" * 100, JSON, None, id="as-deep-as-allowed"),
        pytest.param(
            b"a: {1: b, c: 2020-01-01}", YAML, {"a": {"1": "b", "c": "2020-01-01"}}, id="yaml-as-json"
        ),
        pytest.param(
            b"a: &x {b: 1}\nc: *x\nd: {<<: *x}", YAML, {k: {"b": 1} for k in "acd"}, id="yaml-aliases"
        ),
    ],
)
async def test_bodies_become_json_values(content, medium, value):
    """YAML too: keys are strings, dates their text."""
    found = await parsed(content, medium)
    assert value is None or found == value


DEEP = {
    "lists": b"[" * 3000,
    "closed-lists": b"[" * 3000 + b"]" * 3000,
    "objects": b'{"a":' * 3000,
    "just-too-deep": b"[" * 101 + b"]" * 101,
    "within-the-parser's-limit": b"[" * 900 + b"]" * 900,
    "three-megabytes": b"[" * (3 << 20),
}


@pytest.mark.parametrize("content", [pytest.param(each, id=name) for name, each in DEEP.items()])
@pytest.mark.parametrize("medium", [JSON, YAML])
async def test_what_is_nested_too_deeply_is_refused(content, medium):
    """400 with a reason; no recursion has to save us (YAML is too large before it is too deep)."""
    with pytest.raises(Refusal) as refused:
        await parsed(content, medium)
    assert refused.value.code == (413 if medium == YAML and len(content) > YAML_LIMIT else 400)


@pytest.mark.parametrize(
    ("content", "medium", "code", "text"),
    [
        pytest.param(BOMB, YAML, 400, "aliases that repeat without measure", id="ten-to-the-ninth"),
        pytest.param(b"a: &a [*a]", YAML, 400, "aliases that repeat", id="within-itself"),
        pytest.param(b"a: " + b"x" * YAML_LIMIT, YAML, 413, "limit is 131072 for a body of YAML", id="large"),
        pytest.param(b"a: \xff", YAML, 400, "yaml parse error", id="no-utf-8"),
        pytest.param(b"a: [\xed\xa0\x80]", JSON, 400, "json parse error", id="no-json"),
        pytest.param(b"- " * 1000, YAML, 400, "nested too deeply", id="compact-lists"),
        pytest.param(b"!!python/object:os.system {}", YAML, 400, "yaml parse error", id="tags"),
        pytest.param(b"k8s\x00", PROTOBUF, 400, "protobuf parse error", id="empty-envelope"),
        pytest.param(b"{}", "text/plain", 415, "unknown format", id="other-type"),
    ],
)
async def test_bodies_that_are_refused(content, medium, code, text):
    """Each with a code and a reason."""
    with pytest.raises(Refusal) as refused:
        await parsed(content, medium)
    assert refused.value.code == code
    assert text in refused.value.message
