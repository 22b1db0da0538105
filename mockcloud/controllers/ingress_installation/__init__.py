"""Installs the lab's Ingress controller when the first Ingress wants it."""
