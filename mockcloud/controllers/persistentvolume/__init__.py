"""The volume claim controller: each claim is bound to a volume of its own, and outlives pods that mount it.

The claims of a StatefulSet's pods are made in `statefulset`. `plan` is pure.
"""
