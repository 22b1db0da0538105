"""Which objects an owner controls, by ownerReference and labels, and the writes that adopt and release them.

For every controller that has pods or ReplicaSets. Nothing here knows a kind; volume claims are another matter
(`persistentvolume`). `plan` is pure.
"""
