"""A stand-in for Redis, small and honest about it."""
