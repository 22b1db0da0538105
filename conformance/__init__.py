"""Contract tests that run unchanged against the embedded API and a real Kubernetes control plane."""
