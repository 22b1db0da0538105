"""Decisions: values and time in, values out. No clock, no socket, no log."""
