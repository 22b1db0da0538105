"""The cluster's DNS: one daemon a node, as the Kubernetes DNS specification 1.1.0 says and CoreDNS does."""
