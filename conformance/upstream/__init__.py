"""Kubernetes' own end-to-end suite as a judge: each of its specs against a lab, and what it says of us."""
