"""What load balancers ask a node about itself: kube-proxy's answers (v1.34, pkg/proxy/healthcheck)."""
