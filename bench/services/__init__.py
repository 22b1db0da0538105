"""A cluster without pods' runtime, to try a node's proxy on: ours or kube-proxy, on the same hosts."""
