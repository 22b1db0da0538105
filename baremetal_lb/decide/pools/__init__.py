"""ConfigMap text -> pools, or every fault by its path. Not in here: who gets what of them (`ipam`)."""
