"""Faults of a lab, switched on and off by hand or by a test: `mockcloud fault` (docs/failover.md)."""
