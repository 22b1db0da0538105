"""Makes a mistake in the code, in memory, and has it judged. usage: python -m MODULE NAME

A mistake names a function and a statement or expression in it, compared as syntax trees: comments, layout and
what else changes in the file do not matter to it.
"""

import ast
import importlib.util
import sys
from dataclasses import dataclass


@dataclass(frozen=True)
class Mutant:
    """In `function` of `module` the one piece of code that reads `was` reads `now` instead; "": it is gone.

    `after`: the statement `was` comes after that one instead of where it is.
    """

    module: str
    function: str
    was: str
    now: str = ""
    after: str | None = None
    judge: str = "histories"


class NotFoundError(Exception):
    """The code has no such piece, or several: the mistake has to be made anew."""


def mutate(tree: ast.Module, mutant: Mutant) -> ast.Module:
    """The tree with the mistake in it. Raises NotFoundError."""
    found = _function(tree, mutant.function.split("."))
    wanted = _statement(mutant.was)
    change = _Move(wanted, _statement(mutant.after)) if mutant.after else _Replace(wanted, mutant.now)
    change.visit(found)
    if change.count != change.expected:
        what = f"{mutant.was!r}" + (f", or {mutant.after!r}" if mutant.after else "")
        msg = f"{mutant.module}.{mutant.function} has {what} {change.count} times, not {change.expected}"
        raise NotFoundError(msg)
    return ast.fix_missing_locations(tree)


def install(mutant: Mutant) -> None:
    """From now on this process has the module with the mistake in it. Nothing may have imported it."""
    if mutant.module in sys.modules:
        msg = f"{mutant.module} is imported already"
        raise ImportError(msg)
    parent, _, name = mutant.module.rpartition(".")
    spec = importlib.util.find_spec(mutant.module)
    tree = mutate(ast.parse(spec.loader.get_source(mutant.module)), mutant)
    module = importlib.util.module_from_spec(spec)
    sys.modules[mutant.module] = module
    exec(compile(tree, spec.origin, "exec"), module.__dict__)
    setattr(sys.modules[parent], name, module)


class _Change(ast.NodeTransformer):
    count, expected = 0, 1

    def generic_visit(self, node: ast.AST) -> ast.AST:
        super().generic_visit(node)
        for name, value in ast.iter_fields(node):
            if isinstance(value, list) and not value and name == "body":
                setattr(node, name, [ast.Pass()])
        return node


class _Replace(_Change):
    def __init__(self, was: ast.stmt, now: str) -> None:
        self.was, self.now = was, ast.parse(now).body

    def visit(self, node: ast.AST) -> ast.AST | list[ast.stmt]:
        if isinstance(node, ast.stmt) and _same(node, self.was):
            self.count += 1
            return self.now
        if isinstance(self.was, ast.Expr) and isinstance(node, ast.expr) and _same(node, self.was.value):
            self.count += 1
            return self.now[0].value
        return super().visit(node)


class _Move(_Change):
    expected = 2  # it is taken from there, and put here

    def __init__(self, was: ast.stmt, after: ast.stmt) -> None:
        self.was, self.after = was, after

    def visit(self, node: ast.AST) -> ast.AST | list[ast.stmt] | None:
        if isinstance(node, ast.stmt) and _same(node, self.was):
            self.count += 1
            return None
        if isinstance(node, ast.stmt) and _same(node, self.after):
            self.count += 1
            return [node, self.was]
        return super().visit(node)


def _statement(text: str) -> ast.stmt:
    """One statement as it stands in a function."""
    return ast.parse(f"def f():\n {text}").body[0].body[0]


def _same(one: ast.AST, other: ast.AST) -> bool:
    return type(one) is type(other) and ast.dump(one) == ast.dump(other)


def _function(tree: ast.AST, path: list[str]) -> ast.AST:
    found = tree
    for name in path:
        found = next((each for each in found.body if getattr(each, "name", None) == name), None)
        if found is None:
            msg = f"there is no {'.'.join(path)}"
            raise NotFoundError(msg)
    return found


def main(name: str) -> int:
    """1: it was noticed; 0: it was not."""
    from tests.baremetal_lb.mutants.mistakes import (
        JUDGES,
        MISTAKES,
    )  # after `install` nothing else is imported

    mutant = MISTAKES[name]
    install(mutant)
    return JUDGES[mutant.judge]()


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1]))
