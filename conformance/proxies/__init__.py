"""The node's Service rules held against kube-proxy's: the same Services, hosts and packets under both."""
