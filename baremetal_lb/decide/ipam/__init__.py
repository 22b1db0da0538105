"""IP address management: which Service gets which address of which pool, and why not. Pure."""
