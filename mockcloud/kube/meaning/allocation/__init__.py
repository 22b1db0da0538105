"""How a Service gets its families, cluster IPs and node ports."""
