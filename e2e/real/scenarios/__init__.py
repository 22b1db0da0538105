"""What an administrator does with a release on a real cluster, and what a client sees of it meanwhile."""
