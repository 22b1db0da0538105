"""The DaemonSet controller: a pod on each node that the template is for, and rolling updates.

All but `controller` is pure.
"""
