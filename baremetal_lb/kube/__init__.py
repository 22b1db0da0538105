"""The one door to the Kubernetes API: raw JSON in and out, converted once in `convert`."""
