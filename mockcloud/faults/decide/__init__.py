"""What a fault is, and what is done in the lab for it; pure."""
