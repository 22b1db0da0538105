"""The scheduler: binds pending pods to nodes, and says why where it cannot.

Taking pods off a node is `node_lifecycle`'s. `plan` is pure.
"""
