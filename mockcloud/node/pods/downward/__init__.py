"""The downward API: what a pod may be told of itself, and quantities in the units asked for. Pure."""
