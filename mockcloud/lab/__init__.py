"""A lab: hosts as network namespaces on one LAN, and the processes in them, from `up` to `down`."""
