"""elbv2: network load balancers."""
