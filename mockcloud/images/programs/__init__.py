"""What runs in pods and is ours: servers that say who answers, and what makes ready for a real one.

Each has a fresh interpreter; they start fast, so they import little, and the standard library alone.
"""
