"""Pure: what the cloud forwards and how its targets are -> programs for nftables and HAProxy, and links."""
