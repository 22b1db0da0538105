"""values.yaml as a table: each value with the comment that begins with `# --` above it. Pure."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import yaml

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

BEGIN: Final = "<!-- values: made from values.yaml by `make manifest` -->"
END: Final = "<!-- end of values -->"
_MARK: Final = "# -- "


class UndocumentedError(Exception):
    """A value has no comment."""


@dataclass(frozen=True, slots=True)
class Value:
    """One value: where it stands, what it is by default, and what it is for."""

    path: str
    default: Any
    text: str


def documented(text: str) -> list[Value]:
    """All values, in their order; a mapping with a comment is one. UndocumentedError names one without."""
    tree: Any = yaml.compose(text, Loader=yaml.SafeLoader)
    return list(_walk(tree, text.splitlines(), ()))


def table(values: Sequence[Value]) -> str:
    """The rows of the README."""
    rows = ["| value | default | means |", "|---|---|---|"]
    rows += [f"| `{each.path}` | {_shown(each.default)} | {each.text} |" for each in values]
    return "\n".join(rows)


def with_table(readme: str, values: Sequence[Value]) -> str:
    """The README with the table in its place, between the two marks."""
    before, _, rest = readme.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n{table(values)}\n{END}{after}"


def _walk(mapping: Any, lines: Sequence[str], above: tuple[str, ...]) -> Iterator[Value]:  # noqa: ANN401 - PyYAML's nodes are not typed
    for key, held in mapping.value:
        path = (*above, key.value)
        text = _comment(lines, key.start_mark.line)
        if text is not None:
            yield Value(".".join(path), _plain(held), text)
        elif isinstance(held, yaml.MappingNode) and held.value:
            yield from _walk(held, lines, path)
        else:
            message = f"{'.'.join(path)} has no comment that begins with '{_MARK.strip()}'"
            raise UndocumentedError(message)


def _comment(lines: Sequence[str], line: int) -> str | None:
    """The comment right above a line, as one line of text; None where there is none for people."""
    told: list[str] = []
    for above in reversed(lines[:line]):
        stripped = above.strip()
        if not stripped.startswith("#"):
            return None
        told.append(stripped.removeprefix(_MARK).removeprefix("# "))
        if stripped.startswith(_MARK):
            return " ".join(reversed(told)).replace("|", "\\|")
    return None


def _plain(node: Any) -> Any:  # noqa: ANN401 - any YAML
    return yaml.safe_load(yaml.serialize(node))


def _shown(default: object) -> str:
    return f"`{json.dumps(default)}`"
