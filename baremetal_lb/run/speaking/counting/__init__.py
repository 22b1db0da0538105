"""What a speaker counts, and how Prometheus gets it."""
