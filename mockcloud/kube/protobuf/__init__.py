"""Kubernetes' binary encoding, read only: kubectl's typed commands (`create deployment`) send it."""
