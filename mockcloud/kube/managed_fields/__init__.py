"""Who owns which field: what a write changed, and what an apply states (KEP-555, structured-merge-diff v6).

Pure functions on JSON values and field sets. A write is compared with the object that it changes: the fields
that it changed are its manager's. An apply states its manager's fields whole: what it no longer states goes,
unless others own it, and what it states otherwise than others is a conflict.
"""
