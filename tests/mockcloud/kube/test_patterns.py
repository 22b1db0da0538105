"""Users' patterns: RE2's syntax in Go's words, and never more than a moment's work."""

import pytest

from mockcloud.kube.patterns import PatternError, compiled, too_large_together


@pytest.mark.parametrize(
    ("pattern", "text", "matches"),
    [
        ("^(a+)+$", "a" * 5000 + "!", False),  # Python's own would not come back
        ("^[[:alpha:]]+$", "abc", True),
        (r"^\pL+$", "épée", True),
        (r"^\Qa.b\E$", "a.b", True),
        (r"^\Qa.b\E$", "axb", False),
        ("^a$", "a\n", False),
        ("b", "abc", True),
        (r"a\z", "a", True),
    ],
)
def test_go_syntax(pattern, text, matches):
    """A pattern is looked for as Go looks for it, in linear time."""
    assert (compiled(pattern).search(text) is not None) == matches


@pytest.mark.parametrize(
    ("pattern", "why"),
    [
        ("a(b", "missing closing ): `a(b`"),
        (")", "unexpected ): `)`"),
        ("[a", "missing closing ]: `[a`"),
        ("*a", "missing argument to repetition operator: `*`"),
        ("a**", "invalid nested repetition operator: `**`"),
        ("x{1001}", "invalid repeat count: `{1001}`"),
        ("(?=a)", "invalid or unsupported Perl syntax: `(?=`"),
        ("(?P<a-b>c)", "invalid named capture: `(?P<a-b>`"),
        ("[z-a]", "invalid character class range: `z-a`"),
        (r"a\Z", r"invalid escape sequence: `\Z`"),
        ("\\", "trailing backslash at end of expression: ``"),
        (r"^\pL{1,256}$", r"expression too large: `^\pL{1,256}$`"),
    ],
)
def test_what_is_no_pattern(pattern, why):
    """The words of refusals are Go's."""
    with pytest.raises(PatternError) as refusal:
        compiled(pattern)
    assert str(refusal.value) == f"error parsing regexp: {why}"


def test_many_large_ones_are_too_large_together():
    """Each alone is taken; what is no pattern counts as nothing."""
    large = [rf"^\pL{{1,3}}{number}" + "a" * 40_000 for number in range(8)]
    assert not too_large_together([*large[:3], "("])
    assert too_large_together(large)
