"""What fields a Kubernetes object has: read from the official Python client's models, served as OpenAPI v3."""
