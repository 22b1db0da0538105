"""Structural schemas: what the CustomResourceDefinition of a kind says of its objects' fields.

A schema stays the JSON object that stands in the CustomResourceDefinition. Source of all rules and words:
k8s.io/apiextensions-apiserver v0.34 `pkg/apiserver/schema`, and k8s.io/kube-openapi `pkg/validation`.
"""
