"""Numbers in texts: what Go's parsers take, and no other script's digits."""

import pytest

from mockcloud.kube import decimals

ODD = ["", "x", "1_0", " 1", "1.0", "0x1", "\u0661\u0662", "\uff11", "\xb2", "1\n"]


@pytest.mark.parametrize(
    ("parse", "text", "expected"),
    [
        (decimals.integer, "-9223372036854775808", -(1 << 63)),
        (decimals.integer, "+7", 7),
        (decimals.integer, "007", 7),
        (decimals.unsigned, "18446744073709551615", (1 << 64) - 1),
    ],
)
def test_a_number(parse, text, expected):
    """Of 64 bits."""
    assert parse(text) == expected


@pytest.mark.parametrize(
    ("parse", "parser", "texts", "why"),
    [
        (decimals.integer, "ParseInt", ODD, "invalid syntax"),
        (decimals.unsigned, "ParseUint", [*ODD, "-1", "+1"], "invalid syntax"),
        (
            decimals.integer,
            "ParseInt",
            ["9223372036854775808", "-9223372036854775809", "9" * 5000],
            "value out of range",
        ),
        (decimals.unsigned, "ParseUint", ["18446744073709551616", "9" * 5000], "value out of range"),
    ],
)
def test_what_is_none(parse, parser, texts, why):
    """In strconv's words."""
    for text in texts:
        with pytest.raises(ValueError, match="strconv") as refused:
            parse(text)
        assert str(refused.value) == f'strconv.{parser}: parsing "{text}": {why}'
