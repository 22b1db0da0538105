"""What both daemons tell Prometheus: counts that are kept anyway, read when they are asked for."""
