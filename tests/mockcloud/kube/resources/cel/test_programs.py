"""Expressions in CEL; that a real API agrees is asked by conformance/contracts/custom/test_cel.py."""

import pytest

from mockcloud.kube.resources.cel.errors import CompileError, CostExceeded, EvaluationError
from mockcloud.kube.resources.cel.programs import PER_CALL, Budget, compiled
from mockcloud.kube.resources.cel.types import (
    DYN,
    INT,
    STRING,
    TIMESTAMP,
    cel_value,
    list_of,
    map_of,
    object_of,
)

SELF = object_of(
    "Self",
    {
        "n": INT,
        "s": STRING,
        "a-b": INT,
        "namespace": STRING,
        "list": list_of(STRING),
        "map": map_of(STRING, INT),
        "at": TIMESTAMP,
        "any": DYN,
    },
)
OBJECT = {
    "n": 3,
    "s": "abc",
    "a-b": 4,
    "namespace": "ns",
    "list": ["a", "b"],
    "map": {"k": 1},
    "at": "2024-02-29T13:14:15Z",
    "any": "5%",
}


def value(text: str) -> object:
    program = compiled(text, {"self": SELF, "missing": DYN})
    return program.value({"self": cel_value(OBJECT, SELF)}, Budget(PER_CALL))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("self.n * 2 - 1", 5),
        ("-7 / 2 + -7 % 3", -4),
        ("self.n > 2.5 && !(self.n in [1, 2])", True),
        ("self.a__dash__b + size(self.__namespace__)", 6),
        ("self.list.all(i, i < 'c') && self.list.exists_one(i, i == 'a')", True),
        ("self.list.all(i, v, i < 2 && v != '')", True),
        ("self.map.transformList(k, v, k + string(v))", ["k1"]),
        ("[1, 2].transformMap(i, v, v > 1, v)", {1: 2}),
        ("[1, 2, 3].map(i, i > 1, i * 2)", [4, 6]),
        ("[3, 1].sortBy(i, i) + lists.range(2)", [1, 3, 0, 1]),
        ("has(self.map.k) && !has(self.map.z)", True),
        ("self.map.?z.orValue(7)", 7),
        ("type(self.any) == string && self.any.matches('^[0-9]+%$')", True),
        ("missing.x || true", True),
        ("[0, 1].exists(i, 1 / i == 1)", True),
        ("self.at.getFullYear() + self.at.getDayOfWeek()", 2028),
        ("self.at + duration('1h') > self.at", True),
        ("'%s %d %.1f'.format([dyn('a'), dyn(2), dyn(0.25)])", "a 2 0.2"),
        ("quantity('1Gi').isGreaterThan(quantity('100Mi'))", True),
        ("cidr('10.0.0.0/8').containsIP('10.1.1.1') && ip('::1').isLoopback()", True),
        ("url('https://h.x:8/p').getPort()", "8"),
        ("semver('1.2.3-rc.1').isLessThan(semver('1.2.3'))", True),
        ("format.dns1035Label().validate('a').hasValue()", False),
        ("sets.contains([1, 2], [2])", True),
        ("r'\\d' + \"\\u00e9\\x41\"", "\\déA"),
        ("b'\\xff' == b'\\377'", True),
        ("self == self", True),
    ],
)
def test_values(text, expected):
    """What expressions are worth."""
    found = value(text)
    assert found == expected
    assert type(found) is type(expected)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("1 / 0", "division by zero"),
        ("9223372036854775807 + 1", "integer overflow"),
        ("self.list[2]", "index out of bounds: 2"),
        ("self.map.z", "no such key: z"),
        ("self.any + 1", "no such overload"),
        ("optional.none().value()", "optional.none() dereference"),
    ],
)
def test_failures(text, why):
    """An expression may have no value, and says why."""
    with pytest.raises(EvaluationError, match=f"^{why.replace('(', '[(]').replace(')', '[)]')}$"):
        value(text)


@pytest.mark.parametrize(
    ("text", "column", "why"),
    [
        ("self.zz", 5, "undefined field 'zz'"),
        ("self.n + self.s", 8, "found no matching overload for '_+_' applied to '(int, string)'"),
        ("self.list.all(i, i == 1)", 20, "found no matching overload for '_==_' applied to '(string, int)'"),
        ("foo(1)", 4, "undeclared reference to 'foo' (in container '')"),
        ("true ? 1 : 'a'", 6, "found no matching overload for '_?_:_' applied to '(bool, int, string)'"),
        ("has(self)", 5, "invalid argument to has() macro"),
        ("self.s.matches('(')", 16, "invalid matches argument"),
        ("(1", 3, "Syntax error: mismatched input '<EOF>' expecting ')'"),
        ("for", 1, "reserved identifier: for"),
        ("(" * 100, 61, "expression recursion limit exceeded: 60"),
        (r"'\ud800'", 1, "Syntax error: 'utf-8' codec can't encode character"),
        (r"'\UFFFFFFFF'", 1, "Syntax error: "),
    ],
)
def test_compile_errors(text, column, why):
    """An expression that is none is pointed at."""
    with pytest.raises(CompileError) as caught:
        compiled(text, {"self": SELF})
    assert f"ERROR: <input>:1:{column}: {why}" in str(caught.value)
    assert f"\n | {text}\n | {'.' * (column - 1)}^" in str(caught.value)


@pytest.mark.parametrize(
    "text",
    [
        "lists.range(9999).all(a, lists.range(9999).all(b, a + b >= 0))",
        "lists.range(9999).all(a, !(a + 1 in lists.range(9999).map(b, -b)))",
        "lists.range(9999).all(a, [self.s].all(s, lists.range(9999) != lists.range(a)))",
    ],
)
def test_no_expression_takes_long(text):
    """What costs too much is given up, and was paid for."""
    budget = Budget(30_000)
    with pytest.raises(CostExceeded):
        compiled(text, {"self": SELF}).value({"self": cel_value(OBJECT, SELF)}, budget)
    assert budget.left == 0


@pytest.mark.parametrize(
    "text",
    [
        "lists.range(100000).distinct().size() == 100000",
        "sets.equivalent(lists.range(100000), lists.range(100000).reverse())",
        "[dyn([1]), dyn([1.0]), dyn([true]), dyn([2])].distinct().size() == 3",
    ],
)
def test_lists_are_searched_in_one_pass(text):
    """However long they are: 100,000 items with each other would be an hour. Numbers are equal by value."""
    assert value(text) is True


@pytest.mark.parametrize(
    "text",
    [
        *("'%.5.5f'.format([1.0])", "'%." + "9" * 5000 + "f'.format([1.0])", "duration('9' + self.s)"),
        *(f"self.at.getHours('{zone}')" for zone in ("99:99", "24:00", "../../etc/passwd", "America", "")),
        "timestamp('0001-01-01T00:00:00Z').getHours('-05:00')",
        "timestamp('9999-12-31T23:59:59Z').getHours('Asia/Tokyo')",
        *("[?dyn(1)]", "{?'a': dyn(1)}", "{optional.of([1]): 1}", "{null: 1}"),
        *("dyn([1])[0.0 / 0.0]", "dyn([1])[1.0 / 0.0]", "dyn({1: 1})[optional.of([1])]"),
        *("optional.of([1]) in dyn({1: 1})", "[{'a': 1}, {'a': 2}].sortBy(x, x)", "[1, 2].sortBy(x, null)"),
    ],
)
def test_values_that_a_function_is_not_for(text):
    """They are no fault of ours: `||` may do without them."""
    with pytest.raises(EvaluationError):
        value(text)
    assert value(f"[{text}].size() > 9 || true") is True


@pytest.mark.parametrize(
    "text", ["1" + " + 1" * 20_000, "self" + ".any" * 20_000, "true" + " && true" * 9000]
)
def test_an_expression_may_be_as_long_as_it_likes(text):
    """A chain of operators is as deep as it is long: it is refused, and ends nothing else."""
    with pytest.raises(CompileError, match="expression recursion limit exceeded"):
        compiled(text, {"self": DYN})


@pytest.mark.parametrize(
    "text",
    [
        "self.any.replace('a', self.any).size() > 0",
        "lists.range(1000).map(i, 's').join(self.any).size() > 0",
        "lists.range(100000).sort().sort().sort().size() > 0",
    ],
)
def test_what_grows_is_paid_for_before_it_is_there(text):
    """A text in place of each of its own letters would be 10 GB."""
    with pytest.raises(CostExceeded):
        compiled(text, {"self": SELF}).value({"self": {"any": "a" * 100_000}}, Budget(PER_CALL))
