"""The words of an expression."""

import re
from dataclasses import dataclass
from typing import Any, Final

from mockcloud.kube.resources.cel.errors import CompileError, Issue
from mockcloud.kube.resources.cel.values import UInt

RESERVED: Final = frozenset(
    {
        "as",
        "break",
        "const",
        "continue",
        "else",
        "for",
        "function",
        "if",
        "import",
        "let",
        "loop",
        "package",
        "namespace",
        "return",
        "var",
        "void",
        "while",
    }
)
_TOKEN: Final = re.compile(
    r"(?P<space>[ \t\r\n\f]+|//[^\n]*)"
    r"|(?P<text>(?P<prefix>[rRbB]{0,2})(?P<quoted>'''(?:\\.|[^\\])*?'''|\"\"\"(?:\\.|[^\\])*?\"\"\""
    r"|'(?:\\.|[^'\\\n])*'|\"(?:\\.|[^\"\\\n])*\"))"
    r"|(?P<number>0x[0-9a-fA-F]+[uU]?|\d*\.\d+(?:[eE][+-]?\d+)?|\d+[eE][+-]?\d+|\d+[uU]?)"
    r"|(?P<name>[A-Za-z_][A-Za-z0-9_]*)"
    r"|(?P<sign>&&|\|\||==|!=|<=|>=|[-+*/%<>!?:.,()\[\]{}])",
    re.DOTALL,
)
_RAW: Final = re.compile(r"(?P<quoted>'''.*?'''|\"\"\".*?\"\"\"|'[^'\n]*'|\"[^\"\n]*\")", re.DOTALL)
_ESCAPE: Final = re.compile(
    r"\\(?:(?P<plain>[abfnrtv\\'\"`?])|x(?P<x>[0-9a-fA-F]{2})|X(?P<X>[0-9a-fA-F]{2})|u(?P<u>[0-9a-fA-F]{4})"
    r"|U(?P<U>[0-9a-fA-F]{8})|(?P<octal>[0-3][0-7]{2})|(?P<bad>.))",
    re.DOTALL,
)
_PLAIN: Final = dict(zip("abfnrtv", "\a\b\f\n\r\t\v", strict=True))
_LARGEST: Final = 1 << 63


@dataclass(frozen=True, slots=True)
class Token:
    """`kind` is value, name, sign or end; `text` how it is written."""

    kind: str
    text: str
    at: int
    value: Any = None


def tokens(source: str) -> list[Token]:
    """All words, an end behind them; CompileError where there is something else."""
    found: list[Token] = []
    position = 0
    while position < len(source):
        match = _TOKEN.match(source, position)
        if match is None:
            raise _unknown(source, position)
        end = match.end()
        if match["text"] is not None and set(match["prefix"]) & set("rR"):
            raw = _RAW.match(source, position + len(match["prefix"]))
            end = end if raw is None else raw.end()
        if match["space"] is None:
            found.append(_token(source, match, source[position:end]))
        position = end
    return [*found, Token("end", "<EOF>", len(source))]


def _unknown(source: str, at: int) -> CompileError:
    return CompileError(source, [Issue(at, f"Syntax error: token recognition error at: '{source[at]}'")])


def _token(source: str, match: re.Match[str], text: str) -> Token:
    at = match.start()
    if match["name"] is not None:
        return Token("name", text, at)
    if match["sign"] is not None:
        return Token("sign", text, at)
    try:
        value = _number(text) if match["number"] else _text(text, match["prefix"])
    except (ValueError, OverflowError) as exc:
        raise CompileError(source, [Issue(at, f"Syntax error: {exc}")]) from exc
    return Token("value", text, at, value)


def _number(text: str) -> object:
    if text[-1] in "uU":
        number = int(text[:-1], 0 if text.startswith("0x") else 10)
        if number >= 2 * _LARGEST:
            msg = "invalid uint literal"
            raise ValueError(msg)
        return UInt(number)
    if text.startswith("0x") or text.isdecimal():
        return int(text, 16 if text.startswith("0x") else 10)
    return float(text)


def _text(text: str, prefix: str) -> str | bytes:
    quoted = text[len(prefix) :]
    fence = 3 if quoted[:3] in ("'''", '"""') and len(quoted) >= 6 else 1
    inner = quoted[fence:-fence]
    is_bytes = bool(set(prefix) & set("bB"))
    if set(prefix) & set("rR"):
        return inner.encode() if is_bytes else inner
    if not is_bytes:
        return _ESCAPE.sub(_character, inner)
    # Escapes of bytes are bytes, all else is UTF-8.
    parts, last = list[bytes](), 0
    for match in _ESCAPE.finditer(inner):
        of_byte = match["x"] or match["X"] or match["octal"]
        character = _character(match)
        parts += [
            inner[last : match.start()].encode(),
            bytes([ord(character)]) if of_byte else character.encode(),
        ]
        last = match.end()
    return b"".join([*parts, inner[last:].encode()])


def _character(match: re.Match[str]) -> str:
    if match["plain"] is not None:
        return _PLAIN.get(match["plain"], match["plain"])
    if match["octal"] is not None:
        return chr(int(match["octal"], 8))
    for name in ("x", "X", "u", "U"):
        if match[name] is not None:
            character = chr(int(match[name], 16))
            character.encode()  # half of a surrogate pair is none
            return character
    msg = f"token recognition error at: '\\{match['bad']}'"
    raise ValueError(msg)
