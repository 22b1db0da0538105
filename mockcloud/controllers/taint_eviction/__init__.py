"""Pods leave nodes whose taints they do not tolerate (kube-controller-manager's taint-eviction-controller).

Nodes that are lost are the node lifecycle controller's: it knows when their silence means something.
"""
