"""The controller of ReplicaSets and ReplicationControllers: as many pods of a template as are wanted.

Rollouts are `deployment`'s. `plan` is pure.
"""
