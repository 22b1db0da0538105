"""Services: what a type may have, what an update carries over. Addresses are allocated elsewhere."""
