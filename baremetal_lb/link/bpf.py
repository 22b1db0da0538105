"""Programs for the kernel's socket filter (classic BPF), written with labels.

A load beyond the frame's end drops the frame.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterable

LOAD_BYTE, LOAD_HALF, LOAD_WORD, AND = 0x30, 0x28, 0x20, 0x54
IF_EQUAL, IF_GREATER, IF_AT_LEAST = 0x15, 0x25, 0x35
_JUMP, _RETURN = 0x05, 0x06
_CONDITIONS: Final = frozenset({IF_EQUAL, IF_GREATER, IF_AT_LEAST})
_EXTRA: Final = 0xFFFFF000  # SKF_AD_OFF: what the kernel knows of a frame beside its bytes
PACKET_TYPE, ARRIVED_ON = _EXTRA + 4, _EXTRA + 8
DROP: Final = "drop"
KEEP: Final = "keep"


class Step(NamedTuple):
    """One instruction. Where a condition jumps to: a label, or None for the next instruction."""

    code: int
    operand: int = 0
    then: str | None = None
    otherwise: str | None = DROP


class Instruction(NamedTuple):
    """As the kernel takes it: with the number of instructions to jump over."""

    code: int
    on_true: int
    on_false: int
    operand: int


Line: TypeAlias = Step | str  # a label stands for the step after it


def equal(operand: int) -> Step:
    """Go on where it is that."""
    return Step(IF_EQUAL, operand)


def at_most(operand: int) -> Step:
    """Go on where it is not above that."""
    return Step(IF_GREATER, operand, then=DROP, otherwise=None)


def jump(label: str) -> Step:
    """Go on there."""
    return Step(_JUMP, 0, then=label)


def assemble(lines: Iterable[Line], keep: int) -> list[Instruction]:
    """The program; what comes to its end, or jumps to KEEP, is kept, as many bytes of it as `keep` says."""
    steps: list[Step] = []
    places: dict[str | None, int] = {}
    for line in (*lines, KEEP, Step(_RETURN, keep), DROP, Step(_RETURN, 0)):
        if isinstance(line, str):
            places[line] = len(steps)
        else:
            steps.append(line)
    return [_instruction(step, at + 1, places) for at, step in enumerate(steps)]


def _instruction(step: Step, following: int, places: dict[str | None, int]) -> Instruction:
    over, else_over = (places[label] - following if label else 0 for label in (step.then, step.otherwise))
    if step.code == _JUMP:
        return Instruction(step.code, 0, 0, over)
    if step.code not in _CONDITIONS:
        return Instruction(step.code, 0, 0, step.operand)
    return Instruction(step.code, over, else_over, step.operand)
