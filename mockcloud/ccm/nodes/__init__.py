"""The node controllers: what a Node learns from its cloud, and what becomes of it there. `plan` is pure."""
