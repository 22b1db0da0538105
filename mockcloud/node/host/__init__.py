"""The node itself: its Node object and Lease, its routes to other nodes' pods, its kernel settings."""
