"""What is free, shared, cooling down or quarantined in a pool, by indexes that need no walk. Pure."""
