"""API objects as values, each parsed once: those kinds that more than one controller reads.

A kind that one controller alone reads is in that controller's `objects.py`. Nothing here decides or writes,
does I/O or reads a clock.
"""
