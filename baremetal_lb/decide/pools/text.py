"""YAML text -> plain values; a key written twice is a fault, where plain YAML keeps the last in silence."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import yaml

from baremetal_lb.model.errors import ConfigFault, ConfigRejected

if TYPE_CHECKING:
    from collections.abc import Hashable


class _Loader(yaml.SafeLoader):
    """SafeLoader that refuses duplicate keys."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        seen: set[object] = set()
        for key_node, _ in node.value:
            key = self.construct_object(key_node)
            if isinstance(key, str | int | bool | float) and key in seen:
                problem = f"the key {key!r} is written twice"
                raise yaml.constructor.ConstructorError(None, None, problem, key_node.start_mark)
            if isinstance(key, str | int | bool | float):
                seen.add(key)
        return super().construct_mapping(node, deep)


def load(text: str) -> Any:  # noqa: ANN401 - whatever YAML can say; the schema judges it
    """The value a YAML text means; ConfigRejected, with line and column, where it is no YAML."""
    try:
        return yaml.load(text, Loader=_Loader)
    except yaml.MarkedYAMLError as exc:
        mark = exc.problem_mark or exc.context_mark
        where = f"line {mark.line + 1}, column {mark.column + 1}: " if mark else ""
        raise ConfigRejected((ConfigFault("", f"not valid YAML: {where}{exc.problem}"),)) from exc
    except yaml.YAMLError as exc:
        raise ConfigRejected((ConfigFault("", f"not valid YAML: {exc}"),)) from exc
