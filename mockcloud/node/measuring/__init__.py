"""What the node's pods use: processes in /proc -> CPU and memory by container, read when asked for."""
