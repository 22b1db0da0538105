"""What stands at the edge of a cloud in a lab: its API, and the packets that its balancers forward.

One process in the network of the lab's host `edge`. What it decides is in `decide` (pure); the core of the
cloud says what is forwarded (`mockcloud.cloud.core.forwarding`).
"""
