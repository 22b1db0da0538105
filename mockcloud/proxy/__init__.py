"""kube-proxy: Services and EndpointSlices become nftables rules and stay true; `health` tells load balancers.

`decide` is pure: objects in, rules out. Not here: pods, the node's own addresses and routes (`node`),
and who answers for a load balancer's address on the LAN.
"""
