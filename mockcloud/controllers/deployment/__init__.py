"""The Deployment controller: one ReplicaSet a template, rolled from one to the next.

Pods are not made here: that is `replicaset`'s. All but `controller` is pure.
"""
