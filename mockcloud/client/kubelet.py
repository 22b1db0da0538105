"""What the API and the nodes' agents know of each other: the token that opens an agent's port.

Both have the API's token; each node's own is made from it, so that whoever hears a node's token on the LAN
can neither ask the API nor another node.
"""

import hashlib
import hmac


def node_token(api_token: str, node: str) -> str:
    """The token by which the API asks the node's agent."""
    return hmac.new(api_token.encode(), f"kubelet {node}".encode(), hashlib.sha256).hexdigest()
