"""The suite on a cluster of kind: `e2e/kind/run`."""
