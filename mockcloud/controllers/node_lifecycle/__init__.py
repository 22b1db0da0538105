"""The node lifecycle controller: nodes that fell silent, their taints, and the eviction of their pods.

Where pods go next is `scheduler`'s. `plan` and `objects` are pure.
"""
