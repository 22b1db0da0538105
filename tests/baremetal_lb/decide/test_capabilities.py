"""What is said to whoever runs a speaker that cannot open packet sockets."""

import pytest

from baremetal_lb.decide.capabilities import why_no_net_raw

ALL, RAW, NONE = "000001ffffffffff", "0000000000002000", "0000000000000000"


def status(uid: int, effective: str, bounding: str) -> str:
    return f"Name:\tx\nUid:\t{uid}\t{uid}\t{uid}\t{uid}\nCapEff:\t{effective}\nCapBnd:\t{bounding}\n"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        pytest.param(
            status(0, NONE, NONE),
            "write securityContext: {capabilities: {drop: [ALL], add: [NET_RAW]}}",
            id="dropped",
        ),
        pytest.param(
            status(65532, NONE, RAW),
            "runs as user 65532, was not given it; write runAsUser: 0",
            id="no-file-capability",
        ),
        pytest.param(status(0, ALL, ALL), "but not over this network", id="another-user-namespace"),
        pytest.param("", "add: [NET_RAW]", id="nothing-is-known"),
    ],
)
def test_the_remedy_is_the_one_for_this_process(text, says):
    """A container without the capability, a user without it, and a foreign network are mended differently."""
    assert says in why_no_net_raw(text)
    assert "\n" not in why_no_net_raw(text)
