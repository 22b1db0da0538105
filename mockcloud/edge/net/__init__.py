"""The kernel's and HAProxy's side of the edge: what performs, in the edge's network namespace."""
