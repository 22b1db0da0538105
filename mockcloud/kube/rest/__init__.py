"""HTTP in, registry calls, HTTP out."""
