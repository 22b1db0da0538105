"""What a kubelet decides about a pod, as pure machines: starts, restarts, probes, deletion, status."""
