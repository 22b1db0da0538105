"""Services and pools -> who holds which address, and why not."""
