"""IP address management: which Service gets which address of which pool, and why not. Pure.

`allocator` has the order, `decision` decides for one Service, `allocations` says who has what (and when an
address is given again), `usage` are the indexes behind that. Not in here: what a configuration may say
(`pools`), and when statuses are written (`controller`).
"""
