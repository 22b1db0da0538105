"""`$(NAME)` in values, commands and arguments, as third_party/forked/golang/expansion has it. Pure."""

from collections.abc import Callable, Mapping


def expand(text: str, values: Callable[[str], str | None]) -> str:
    """`$(NAME)` becomes its value, `$$` one dollar; unknown names, and all else, stay as written."""
    found: list[str] = []
    rest = text
    while rest:
        before, dollar, rest = rest.partition("$")
        found.append(before)
        if not dollar:
            break
        if rest.startswith("$"):
            found.append("$")
            rest = rest[1:]
        elif rest.startswith("(") and ")" in rest:
            name, _, rest = rest[1:].partition(")")
            value = values(name)
            found.append(f"$({name})" if value is None else value)
        else:
            found.append("$")
    return "".join(found)


def lookup(*layers: Mapping[str, str]) -> Callable[[str], str | None]:
    """The first layer that knows the name decides."""

    def value(name: str) -> str | None:
        return next((layer[name] for layer in layers if name in layer), None)

    return value
