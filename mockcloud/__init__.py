"""A cloud on one machine: Linux network namespaces, a Kubernetes API, node agents."""
