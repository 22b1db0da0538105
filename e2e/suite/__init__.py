"""Scenarios for any cluster: a lab, namespaces with real kubelets, kind, or one's own (docs/e2e.md)."""
