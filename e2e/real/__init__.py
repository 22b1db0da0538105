"""A real Kubernetes cluster on one machine, without Docker: kubelets and containerd in namespaces."""
