"""The lab's own thin Kubernetes client: REST, informers, events. It knows HTTP, and no kind's meaning."""
