"""metrics.k8s.io: what nodes and pods use, asked of the nodes' agents when a client asks."""
