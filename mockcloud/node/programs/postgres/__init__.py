"""A stand-in for PostgreSQL: anybody may log in, and SELECT who answers."""
