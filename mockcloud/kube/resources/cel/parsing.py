"""An expression's text -> its nodes, macros among them."""

from typing import Final

from mockcloud.kube.resources.cel.errors import CompileError, Issue
from mockcloud.kube.resources.cel.macros import expanded
from mockcloud.kube.resources.cel.nodes import Call, Ident, Index, ListOf, Literal, MapOf, Node, Select
from mockcloud.kube.resources.cel.tokens import RESERVED, Token, tokens

MOST_DEPTH: Final = 60
"""How deep expressions may be within each other: no text makes us end in a RecursionError."""
MOST_TEXT: Final = 100_000
_LEVELS: Final = (("||",), ("&&",), ("==", "!=", "<", "<=", ">", ">=", "in"), ("+", "-"), ("*", "/", "%"))
_NAMES: Final = {"in": "@in", "!": "!_", "-": "-_"}
_OPERAND: Final = (
    "{'[', '{', '(', '.', '-', '!', 'true', 'false', 'null', NUM_FLOAT, NUM_INT, NUM_UINT, STRING, BYTES, "
    "IDENTIFIER}"
)
_NAME: Final = "IDENTIFIER"
_END: Final = "<EOF>"
_CONSTANTS: Final = {"true": True, "false": False, "null": None}


def parsed(source: str) -> Node:
    """The expression; CompileError where the text is none."""
    if len(source) > MOST_TEXT:
        why = f"expression code point size exceeds limit: size: {len(source)}, limit {MOST_TEXT}"
        raise CompileError(source[:100], [Issue(0, why)])
    parser = _Parser(source)
    node = parser.expression()
    parser.expect_end()
    return node


class _Parser:
    def __init__(self, source: str) -> None:
        self._source = source
        self._tokens = tokens(source)
        self._position = 0
        self._depth = 0

    @property
    def _next(self) -> Token:
        return self._tokens[self._position]

    def _take(self) -> Token:
        token = self._next
        self._position += 1
        return token

    def _is(self, *texts: str) -> bool:
        return self._next.kind in ("sign", "name") and self._next.text in texts

    def _accept(self, text: str) -> Token | None:
        return self._take() if self._is(text) else None

    def _expect(self, text: str) -> Token:
        if not self._is(text):
            wanted = f"'{text}'"
            raise self._other_than(wanted)
        return self._take()

    def expect_end(self) -> None:
        if self._next.kind != "end":
            raise self._other_than(_END)

    def _other_than(self, wanted: str) -> CompileError:
        token = self._next
        return self._error(token.at, f"Syntax error: mismatched input '{token.text}' expecting {wanted}")

    def _error(self, at: int, why: str) -> CompileError:
        return CompileError(self._source, [Issue(at, why)])

    def expression(self) -> Node:
        self._depth += 1
        if self._depth > MOST_DEPTH:
            raise self._error(self._next.at, f"expression recursion limit exceeded: {MOST_DEPTH}")
        node = self._binary(0)
        question = self._accept("?")
        if question is not None:
            chosen = self._binary(0)
            self._expect(":")
            node = Call("_?_:_", [node, chosen, self.expression()], at=question.at)
        self._depth -= 1
        return node

    def _binary(self, level: int) -> Node:
        if level == len(_LEVELS):
            return self._unary()
        node = self._binary(level + 1)
        while self._is(*_LEVELS[level]):
            sign = self._take()
            name = _NAMES["in"] if sign.text == "in" else f"_{sign.text}_"
            node = Call(name, [node, self._binary(level + 1)], at=sign.at)
        return node

    def _unary(self) -> Node:
        if not self._is("!", "-"):
            return self._member()
        sign, count = self._next, 0
        while self._accept(sign.text) is not None:
            count += 1
        if sign.text == "-" and count == 1 and isinstance(self._next.value, int | float):
            literal = self._take()
            self._position -= 1
            return self._member(Literal(-literal.value, at=sign.at))
        node = self._member()
        return Call(_NAMES[sign.text], [node], at=sign.at) if count % 2 else node

    def _member(self, first: Literal | None = None) -> Node:
        node: Node = self._primary()
        if first is not None:
            node = first
        while True:
            if self._is("."):
                node = self._selected(node)
            elif self._is("["):
                bracket = self._take()
                optional = self._accept("?") is not None
                node = Index(node, self.expression(), optional, at=bracket.at)
                self._expect("]")
            else:
                return node

    def _selected(self, node: Node) -> Node:
        dot = self._take()
        optional = self._accept("?") is not None
        name = self._take()
        if name.kind != "name" or name.text == "in":
            self._position -= 1
            raise self._other_than(_NAME)
        if optional or not self._is("("):
            return Select(node, name.text, optional, at=dot.at)
        paren = self._next
        call = Call(name.text, [node, *self._arguments()], is_member=True, at=paren.at)
        return expanded(call, self._source)

    def _arguments(self) -> list[Node]:
        self._expect("(")
        args: list[Node] = []
        while not self._is(")"):
            args.append(self.expression())
            if self._accept(",") is None:
                break
        self._expect(")")
        return args

    def _primary(self) -> Node:
        token = self._next
        if token.kind == "value":
            return self._literal()
        if token.kind == "name" and token.text != "in":
            return self._named()
        if self._accept("(") is not None:
            node = self.expression()
            self._expect(")")
            return node
        if self._is("["):
            return self._list()
        if self._is("{"):
            return self._map()
        if self._accept(".") is not None:
            return self._named()
        raise self._other_than(_OPERAND)

    def _literal(self) -> Node:
        token = self._take()
        value, before = token.value, self._tokens[self._position - 2] if self._position > 1 else None
        if type(value) is int and value >= 1 << 63:
            negative = before is not None and before.text == "-" and value == 1 << 63
            if not negative:
                raise self._error(token.at, "Syntax error: invalid int literal")
        return Literal(value, at=token.at)

    def _named(self) -> Node:
        token = self._take()
        if token.kind != "name":
            self._position -= 1
            raise self._other_than(_NAME)
        if token.text in _CONSTANTS:
            return Literal(_CONSTANTS[token.text], at=token.at)
        if token.text in RESERVED:
            raise self._error(token.at, f"reserved identifier: {token.text}")
        if self._is("("):
            paren = self._next
            return expanded(Call(token.text, self._arguments(), at=paren.at), self._source)
        return Ident(token.text, at=token.at)

    def _list(self) -> Node:
        found = ListOf(at=self._expect("[").at)
        while not self._is("]"):
            optional = self._accept("?") is not None
            found.elements.append((self.expression(), optional))
            if self._accept(",") is None:
                break
        self._expect("]")
        return found

    def _map(self) -> Node:
        found = MapOf(at=self._expect("{").at)
        while not self._is("}"):
            optional = self._accept("?") is not None
            key = self.expression()
            self._expect(":")
            found.entries.append((key, self.expression(), optional))
            if self._accept(",") is None:
                break
        self._expect("}")
        return found
