"""What a body says twice is told of, or refused, as fieldValidation asks."""

import pytest

from mockcloud.kube.rest.parsing import APPLY, JSON, YAML, parsed

CONFIG_MAPS = "/api/v1/namespaces/default/configmaps"


@pytest.mark.parametrize(
    ("content", "medium", "said"),
    [
        (b'{"a":1,"b":{"a":2}}', JSON, []),
        (b'{"a": 1, "b": "\\u003c"}', JSON, []),
        (b'{"a":1,"a":2,"a":3}', JSON, ['duplicate field "a"']),
        (b'{"s":{"x":[{"a":1},{"a":1,"a":2}]}}\n', JSON, ['duplicate field "s.x[1].a"']),
        (b'{"a":1,"a":2}', APPLY, ['duplicate field "a"']),
        (b"a: 1\nb: {a: 2}\n", YAML, []),
        (b"\nb:\n  a: 1\n  a: 2\n", YAML, ['yaml: unmarshal errors:\n  line 4: key "a" already set in map']),
        (b"a: &x {b: 1}\nc: [*x, *x]\n", APPLY, []),
    ],
)
async def test_what_is_said_twice(content, medium, said):
    """JSON by its path, YAML by its line, as upstream; the last one counts."""
    repeated = []
    await parsed(content, medium, (medium,), repeated)
    assert repeated == said


def test_strict_writes_refuse_it(http):
    """Strict is 400 and writes nothing; else the last one counts, and a warning says so."""
    name = http.fresh("c")
    body = b'{"metadata": {"name": "%s"}, "data": {"a": "1", "a": "2"}, "dat": {}}' % name.encode()
    refused = http("POST", f"{CONFIG_MAPS}?fieldValidation=Strict", body)
    assert (refused.status, refused.message.partition("strict decoding error: ")[2]) == (
        400,
        'unknown field "dat", duplicate field "data.a"',
    )
    twice = b'{"metadata":{"name":"%s"},"data":{"a":"1","a":"2"}}' % name.encode()
    assert http("POST", f"{CONFIG_MAPS}?fieldValidation=Strict", twice).status == 400
    made = http("POST", CONFIG_MAPS, body)
    assert (made.status, made.body["data"]) == (201, {"a": "2"})
    patch = b'{"data":{"b":"1","b":"2"}}'
    path = f"{CONFIG_MAPS}/{name}?fieldValidation=Strict"
    refused = http("PATCH", path, patch, Content_Type="application/merge-patch+json")
    assert (refused.status, "duplicate field" in refused.message) == (422, True)
    assert 'duplicate field \\"data.a\\"' in made.headers["Warning"]


def test_strict_applies_refuse_it(http):
    """In the words of the YAML parser, which every apply goes through upstream."""
    name = http.fresh("c")
    text = f"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}}}\ndata:\n  b: '1'\n  b: '2'\n"
    path = f"{CONFIG_MAPS}/{name}?fieldManager=m&fieldValidation="
    refused = http("PATCH", f"{path}Strict", text.encode(), Content_Type=APPLY)
    assert (refused.status, refused.message) == (
        400,
        "error strict decoding YAML: error converting YAML to JSON: yaml: unmarshal errors:\n"
        '  line 6: key "b" already set in map',
    )
    made = http("PATCH", f"{path}Warn", text.encode(), Content_Type=APPLY)
    assert (made.status, made.body["data"]) == (201, {"b": "2"})
