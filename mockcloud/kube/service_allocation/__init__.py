"""Which addresses and node ports a Service gets, and why it cannot have those it asks for.

`allocator` remembers what is taken; all else is pure.
"""
