"""All variables of a container, in kubelet's order: envFrom, env, then what tells of Services. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass

from mockcloud.node.pods.downward.fields import PodFields, UnknownField
from mockcloud.node.pods.environment.expansion import checked, expand, lookup
from mockcloud.node.pods.rendering import Find, data_of, not_found
from mockcloud.node.pods.spec import ContainerSpec, EnvFrom, EnvVar, FieldRef, KeyRef, ResourceRef


class NoVariable(Exception):
    """A variable's source is missing; the message is kubelet's."""


@dataclass(frozen=True, slots=True)
class Known:
    """What variables can be made from; `find` knows the ConfigMaps and Secrets of the pod's namespace."""

    find: Find
    fields: PodFields
    services: Mapping[str, str]


def variables(container: ContainerSpec, known: Known) -> dict[str, str]:
    """The container's variables; NoVariable where one cannot be had that is not optional, TooLong."""
    found: dict[str, str] = {}
    for source in container.env_from:
        found.update(_all_keys(source, known))
    size = 0
    for variable in container.env:
        value = _value(variable, container, found, known)
        if value is not None:
            found[variable.name] = value
            size = checked(size, value)
    return {**known.services, **found}


def expanded(words: tuple[str, ...], values: Mapping[str, str]) -> tuple[str, ...]:
    """A command or its arguments with $(NAME)s filled in; TooLong."""
    found: list[str] = []
    size = 0
    for word in words:
        found.append(expand(word, lookup(values)))
        size = checked(size, found[-1])
    return tuple(found)


def _all_keys(source: EnvFrom, known: Known) -> dict[str, str]:
    obj = known.find(source.kind, source.name)
    if obj is None:
        if source.optional:
            return {}
        raise NoVariable(not_found(source.kind, source.name))
    data = data_of(obj, source.kind)
    binary = obj.get("binaryData") or {}
    names = {f"{source.prefix}{key}": value for key, value in data.items() if key not in binary}
    return {name: _text(value) for name, value in names.items() if _is_name(name)}


def _value(variable: EnvVar, container: ContainerSpec, before: Mapping[str, str], known: Known) -> str | None:
    match variable.source:
        case None:
            return expand(variable.value, lookup(before, known.services))
        case KeyRef():
            return _key(variable.source, known)
        case FieldRef() | ResourceRef():
            try:
                return _field(variable.source, container.name, known.fields)
            except UnknownField as error:
                raise NoVariable(str(error)) from error


def _field(source: FieldRef | ResourceRef, asking: str, fields: PodFields) -> str:
    match source:
        case FieldRef(path):
            return fields.for_variable(path)
        case ResourceRef(resource, container, divisor):
            return fields.resource(resource, container or asking, divisor)


def _key(ref: KeyRef, known: Known) -> str | None:
    obj = known.find(ref.kind, ref.name)
    if obj is None:
        if ref.optional:
            return None
        raise NoVariable(not_found(ref.kind, ref.name))
    value = data_of(obj, ref.kind).get(ref.key)
    if value is None and not ref.optional:
        namespace = known.fields.spec.namespace
        msg = f"couldn't find key {ref.key} in {ref.kind} {namespace}/{ref.name}"
        raise NoVariable(msg)
    return None if value is None else _text(value)


def _is_name(name: str) -> bool:
    """What a variable may be called (IsRelaxedEnvVarName): printable ASCII without `=`."""
    return bool(name) and all(" " <= character <= "~" and character != "=" for character in name)


def _text(value: bytes) -> str:
    """Bytes that are no UTF-8 come through unchanged, as execve(2) takes them."""
    return value.decode(errors="surrogateescape")
