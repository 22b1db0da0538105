"""The embedded Kubernetes API: machinery that is the same for all kinds, and the kinds (`resources`).

The layers are in docs/architecture.md.
"""
