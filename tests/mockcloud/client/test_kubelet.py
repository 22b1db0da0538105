"""Nodes' tokens."""

from mockcloud.client.kubelet import node_token


def test_each_node_has_a_token_that_tells_nothing_of_the_apis():
    """The same for both sides, another for each node, and not the API's own."""
    assert node_token("secret", "node-1") == node_token("secret", "node-1")
    assert (
        len({node_token("secret", "node-1"), node_token("secret", "node-2"), node_token("x", "node-1")}) == 3
    )
    assert "secret" not in node_token("secret", "node-1")
