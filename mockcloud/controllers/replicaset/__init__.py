"""The ReplicaSet controller: as many pods of a template as are wanted.

Rollouts are `deployment`'s. `plan` is pure.
"""
