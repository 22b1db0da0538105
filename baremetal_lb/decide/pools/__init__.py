"""ConfigMap text -> pools, or every fault by its path."""
