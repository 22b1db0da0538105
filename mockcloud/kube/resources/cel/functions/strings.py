"""Texts: cel-go's string extension (version 2, as Kubernetes has it), and patterns."""

from typing import Any, Final

from mockcloud.kube.patterns import PatternError, compiled
from mockcloud.kube.resources.cel.declarations import Row
from mockcloud.kube.resources.cel.errors import EvaluationError
from mockcloud.kube.resources.cel.functions.standard import text_of
from mockcloud.kube.resources.cel.values import Optional, TypeName, UInt

_ASCII_UPPER: Final = str.maketrans({chr(i): chr(i + 32) for i in range(65, 91)})
_ASCII_LOWER: Final = str.maketrans({chr(i): chr(i - 32) for i in range(97, 123)})
_MOST_TEXT: Final = 10 << 20


def _char_at(text: str, at: int) -> str:
    if not 0 <= at <= len(text):
        msg = f"index out of range: {at}"
        raise EvaluationError(msg)
    return text[at : at + 1]


def _require_within(text: str, at: int) -> None:
    if not 0 <= at <= len(text):
        msg = f"index out of range: {at}"
        raise EvaluationError(msg)


def _index_of(text: str, part: str, start: int = 0) -> int:
    _require_within(text, start)
    return text.find(part, start)


def _last_index_of(text: str, part: str, last: int | None = None) -> int:
    if last is None:
        return text.rfind(part)
    _require_within(text, last)
    return text.rfind(part, 0, last + len(part))


def _substring(text: str, start: int, end: int | None = None) -> str:
    end = len(text) if end is None else end
    for at in (start, end):
        _require_within(text, at)
    if start > end:
        msg = f"invalid substring range. start: {start}, end: {end}"
        raise EvaluationError(msg)
    return text[start:end]


def _replace(text: str, old: str, new: str, count: int = -1) -> str:
    found = text.replace(old, new, count)
    if len(found) > _MOST_TEXT:
        msg = f"result of replace is longer than {_MOST_TEXT} characters"
        raise EvaluationError(msg)
    return found


def _split(text: str, by: str, count: int = -1) -> list[str]:
    if count == 0:
        return []
    if not by:
        parts = list(text)
        return (
            parts if count < 0 or count >= len(parts) else [*parts[: count - 1], "".join(parts[count - 1 :])]
        )
    return text.split(by, count - 1 if count > 0 else -1)


def _join(texts: list[str], by: str = "") -> str:
    return by.join(texts)


def _quote(text: str) -> str:
    for plain, shown in (
        ("\\", "\\\\"), ('"', '\\"'), ("\a", "\\a"), ("\b", "\\b"), ("\f", "\\f"),
        ("\n", "\\n"), ("\r", "\\r"), ("\t", "\\t"), ("\v", "\\v"),
    ):  # fmt: skip
        text = text.replace(plain, shown)
    return f'"{text}"'


def _format(pattern: str, args: list[Any]) -> str:
    found, position, number = list[str](), 0, 0
    while position < len(pattern):
        if pattern[position] != "%":
            found.append(pattern[position])
        elif pattern[position + 1 : position + 2] == "%":
            found.append("%")
            position += 1
        else:
            clause, position = _clause(pattern, position + 1)
            if number >= len(args):
                msg = f"index {number} out of range"
                raise EvaluationError(msg)
            found.append(_formatted(clause, args[number]))
            number += 1
        position += 1
    return "".join(found)


def _clause(pattern: str, at: int) -> tuple[str, int]:
    end = at
    while end < len(pattern) and (pattern[end] == "." or pattern[end].isdecimal()):
        end += 1
    if end == len(pattern):
        msg = "unexpected end of string"
        raise EvaluationError(msg)
    return pattern[at : end + 1], end


def _formatted(clause: str, value: Any) -> str:  # noqa: ANN401
    precision = min(int(clause[1:-1]), 100) if clause.startswith(".") and clause[1:-1] else 6
    is_whole = isinstance(value, int) and not isinstance(value, bool)
    match clause[-1]:
        case "s":
            return _shown(value)
        case "d" if is_whole or isinstance(value, float):
            return str(int(value)) if is_whole else _shown(value)
        case "f" if is_whole or isinstance(value, float):
            return f"{value:.{precision}f}"
        case "e" if is_whole or isinstance(value, float):
            return f"{value:.{precision}e}"
        case "b" if is_whole or isinstance(value, bool):
            return f"{int(value):b}"
        case "o" if is_whole:
            return f"{value:o}"
        case "x" | "X" as letter if is_whole or isinstance(value, str | bytes):
            raw = value.encode() if isinstance(value, str) else value
            text = raw.hex() if isinstance(raw, bytes) else f"{raw:x}"
            return text.upper() if letter == "X" else text
        case letter:
            msg = (
                f"could not parse formatting clause: unrecognized formatting clause {letter!r} for this value"
            )
            raise EvaluationError(msg)


def _shown(value: Any) -> str:  # noqa: ANN401
    match value:
        case None:
            return "null"
        case list():
            return f"[{', '.join(map(_nested, value))}]"
        case dict():
            shown = sorted((_nested(key), _nested(inner)) for key, inner in value.items())
            return f"{{{', '.join(f'{key}:{inner}' for key, inner in shown)}}}"
        case TypeName():
            return value.name
        case UInt():
            return str(int(value))
        case Optional():
            msg = "error during formatting: optional values have no text"
            raise EvaluationError(msg)
        case _:
            return text_of(value)


def _nested(value: Any) -> str:  # noqa: ANN401
    return _quote(value) if isinstance(value, str) else _shown(value)


def _matches(text: str, pattern: str) -> bool:
    try:
        return compiled(pattern).search(text) is not None
    except PatternError as exc:
        raise EvaluationError(str(exc)) from exc


def _found(text: str, pattern: str, most: int = -1) -> list[str]:
    try:
        parts = [match[0] for match in compiled(pattern).finditer(text)]
    except PatternError as exc:
        msg = f"Illegal regex: {exc}"
        raise EvaluationError(msg) from exc
    return parts if most < 0 else parts[:most]


def _find(text: str, pattern: str) -> str:
    return next(iter(_found(text, pattern, 1)), "")


ROWS: Final[tuple[Row, ...]] = (
    ("string :: charAt(int) -> string", _char_at),
    ("string :: indexOf(string) -> int", _index_of),
    ("string :: indexOf(string, int) -> int", _index_of),
    ("string :: lastIndexOf(string) -> int", _last_index_of),
    ("string :: lastIndexOf(string, int) -> int", _last_index_of),
    ("string :: lowerAscii() -> string", lambda text: text.translate(_ASCII_UPPER)),
    ("string :: upperAscii() -> string", lambda text: text.translate(_ASCII_LOWER)),
    ("string :: replace(string, string) -> string", _replace),
    ("string :: replace(string, string, int) -> string", _replace),
    ("string :: split(string) -> list<string>", _split),
    ("string :: split(string, int) -> list<string>", _split),
    ("string :: substring(int) -> string", _substring),
    ("string :: substring(int, int) -> string", _substring),
    ("string :: trim() -> string", str.strip),
    ("string :: format(list<dyn>) -> string", _format),
    ("strings.quote(string) -> string", _quote),
    ("list<string> :: join() -> string", _join),
    ("list<string> :: join(string) -> string", _join),
    ("string :: matches(string) -> bool", _matches),
    ("matches(string, string) -> bool", _matches),
    ("string :: find(string) -> string", _find),
    ("string :: findAll(string) -> list<string>", _found),
    ("string :: findAll(string, int) -> list<string>", _found),
)
