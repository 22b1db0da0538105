"""NetworkPolicies, enforced on each node for the pods that run there, by nftables."""
