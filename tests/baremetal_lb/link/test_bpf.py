"""Programs with labels, as the kernel wants them."""

from baremetal_lb.link.bpf import (
    DROP,
    IF_EQUAL,
    KEEP,
    LOAD_BYTE,
    Step,
    assemble,
    at_most,
    equal,
    jump,
)


def test_labels_become_distances() -> None:
    """Counted from the instruction after; a condition without a label goes on."""
    program = assemble(
        [
            Step(LOAD_BYTE, 20),
            Step(IF_EQUAL, 6, then="tcp", otherwise=None),
            equal(17),
            jump(KEEP),
            "tcp",
            at_most(3),
            jump(DROP),
        ],
        64,
    )
    assert [tuple(each) for each in program] == [
        (0x30, 0, 0, 20),
        (0x15, 2, 0, 6),
        (0x15, 0, 4, 17),
        (0x05, 0, 0, 2),
        (0x25, 2, 0, 3),
        (0x05, 0, 0, 1),
        (0x06, 0, 0, 64),
        (0x06, 0, 0, 0),
    ]
