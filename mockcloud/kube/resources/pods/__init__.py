"""Pods, and the pod specs of templates."""
