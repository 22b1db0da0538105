"""Whether a value is as its type has it, asked in one walk: most are, and need none that says what is wrong.

Each type's check is made once. One that says no may be wrong about a value that Go takes; yes is never wrong.
"""

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, Final

from mockcloud.kube.schema import scalars
from mockcloud.kube.schema.definitions import Definition, FieldDefinition, definition, item_type
from mockcloud.quotas.quantities import canonical

Check = Callable[[Any], bool]


@cache
def check_of(type_: str) -> Check:
    """Whether nothing in a value of this type is mistyped, unknown, or left out when Go writes it."""
    struct, held = definition(type_), item_type(type_)
    if struct is not None:
        return _struct(struct)
    if held is not None:
        return _items(held) if type_.startswith("[]") else _map(held)
    return _PLAIN.get(type_) or _scalar(type_)


def _struct(struct: Definition) -> Check:
    checks: dict[str, Check] = {}  # made when first asked: structs may hold themselves

    def is_clean(value: Any) -> bool:  # noqa: ANN401 (any JSON)
        if type(value) is not dict:
            return False
        if not checks:
            checks.update({name: _field(found) for name, found in struct.fields.items()})
        for name, inner in value.items():
            check = checks.get(name)
            if check is None or not check(inner):
                return False
        return True

    return is_clean


def _field(field: FieldDefinition) -> Check:
    check = check_of(field.type)
    if field.required or item_type(field.type) is None:
        return check
    return lambda value: bool(value) and check(value)  # `omitempty`


def _items(held: str) -> Check:
    check = check_of(held)
    return lambda value: type(value) is list and all(map(check, value))


def _map(held: str) -> Check:
    check = check_of(held)
    return lambda value: type(value) is dict and all(map(check, value.values()))


def _scalar(type_: str) -> Check:
    return lambda value: value is not None and scalars.problem(type_, value, "") is None


_PLAIN: Final[Mapping[str, Check]] = {
    "boolean": lambda value: type(value) is bool,
    "int32": lambda value: type(value) is int and -(1 << 31) <= value < 1 << 31,
    "string": lambda value: type(value) is str,
    "quantity": lambda value: type(value) is str and scalars.is_quantity(value) and canonical(value) == value,
    # Go writes a time that is null.
    "date-time": lambda value: value is None or scalars.problem("date-time", value, "") is None,
}
