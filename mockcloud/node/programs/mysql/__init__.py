"""A stand-in for MySQL: anybody may log in, and SELECT who answers."""
