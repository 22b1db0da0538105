"""Calls that are no functions: their arguments are computed for each item, or only asked for."""

from typing import Final

from mockcloud.kube.resources.cel.errors import CompileError, Issue
from mockcloud.kube.resources.cel.nodes import Call, Fold, Ident, Node, Select

_ONE: Final = {"all": (2,), "exists": (2,), "exists_one": (2,), "map": (2, 3), "filter": (2,), "sortBy": (2,)}
"""Macro of one variable -> how many arguments, the variable among them."""
_TWO: Final = {
    "all": (3,),
    "exists": (3,),
    "exists_one": (3,),
    "existsOne": (3,),
    "transformList": (3, 4),
    "transformMap": (3, 4),
    "transformMapEntry": (3, 4),
}
_OPTIONAL: Final = ("optMap", "optFlatMap")


def expanded(call: Call, source: str) -> Node:
    """The call, or what it stands for; CompileError where a macro is called otherwise than it can be."""
    if not call.is_member:
        return _presence(call, source) if call.function == "has" and len(call.args) == 1 else call
    count, over, args = len(call.args) - 1, call.args[0], call.args[1:]
    if count in _ONE.get(call.function, ()) or (call.function in _OPTIONAL and count == 2):
        names = _names(args[:1], call.function, source)
    elif count in _TWO.get(call.function, ()):
        names = _names(args[:2], call.function, source)
    else:
        return call
    macro = "exists_one" if call.function == "existsOne" else call.function
    return Fold(macro, over, names, args[len(names) :], at=call.at)


def _presence(call: Call, source: str) -> Node:
    (arg,) = call.args
    if not isinstance(arg, Select):
        raise CompileError(source, [Issue(arg.at, "invalid argument to has() macro")])
    return Select(arg.operand, arg.field, arg.optional, test=True, at=call.at)


def _names(args: list[Node], macro: str, source: str) -> tuple[str, ...]:
    why = "argument is not an identifier" if macro in ("map", "filter") else "argument must be a simple name"
    for arg in args:
        if not isinstance(arg, Ident):
            raise CompileError(source, [Issue(arg.at, why)])
    return tuple(arg.name for arg in args if isinstance(arg, Ident))
