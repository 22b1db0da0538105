"""The whole chain, from outside: what a person types and sees, by the commands that they would type."""
