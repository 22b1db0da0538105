"""Streams into pods: exec, attach, log, port-forward. The node's agent speaks them; this passes them on."""
