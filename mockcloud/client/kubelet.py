"""What the API and the nodes' agents know of each other: the token that opens an agent's port.

Both have the token by which the agent asks the API; this one is made from it, so that whoever hears it on the
LAN can neither ask the API nor another node.
"""

import hashlib
import hmac


def node_token(api_token: str, node: str) -> str:
    """The token by which the API asks the node's agent."""
    return hmac.new(api_token.encode(), f"kubelet {node}".encode(), hashlib.sha256).hexdigest()
