"""Decisions: values and time in, values out; no socket, clock, log or task."""
