"""What is repeated of what somebody wrote."""

from ipaddress import ip_address

import pytest

from baremetal_lb.model.quoting import MOST, cut, printable
from tests.baremetal_lb.fakes.paper_cluster import Cluster

LONG = "x" * 50_000


def test_short_texts_are_whole_and_long_ones_end_in_dots():
    """To the letter."""
    assert cut("a" * MOST) == "a" * MOST
    assert cut("a" * (MOST + 1)) == "a" * MOST + "..."


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        pytest.param("pool \"lab\": voll, für 'a\\b'", "pool \"lab\": voll, für 'a\\b'", id="as it is"),
        pytest.param("a\x1b]0;t\x07b\x9b2J", "a\\x1b]0;t\\x07b\\x9b2J", id="for a terminal"),
        pytest.param("a\nok  all is well\r", "a\\nok  all is well\\r", id="a line that nobody said"),
        pytest.param("a\u202eb\ud800", "a\\u202eb\\ud800", id="right to left, and half a character"),
    ],
)
def test_what_cannot_be_printed_is_escaped(text, shown):
    """Objects are anybody's to write, and a terminal does as it is told."""
    assert printable(text) == shown


@pytest.mark.parametrize("annotation", ["address-pool", "loadBalancerIPs", "allow-shared-ip"])
def test_what_a_service_is_told_is_short_however_long_its_annotations_are(annotation):
    """A condition of 50,000 letters helps nobody, and has to be stored."""
    cluster = Cluster().pools("name: lab, addresses: [10.0.0.1]")
    cluster.create("a", asks={"allow-shared-ip": "one"}, ports="TCP/80")
    cluster.create("b", asks={annotation: LONG}, ports="TCP/81")
    assert len(cluster.says("b")) < 4 * MOST
    assert all(len(text) < 4 * MOST for text in cluster.texts())
    assert ip_address(cluster.has("a"))
