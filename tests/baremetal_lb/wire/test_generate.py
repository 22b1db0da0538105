"""The frames that are in the package are those that scapy builds."""

from baremetal_lb.wire.generate import FILE, text


def test_the_file_is_what_scapy_builds_today():
    """Whoever changes a frame, or scapy, runs `python -m baremetal_lb.wire.generate`."""
    assert FILE.read_text() == text()
