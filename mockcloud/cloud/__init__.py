"""A mock cloud: `core` is what it has and does, pure; each dialect is a real cloud's API over it.

What must not be in here: Kubernetes (a cloud does not know what its clients run), packets (the lab's edge).
"""
