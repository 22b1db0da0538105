"""`mockcloud trace`: one real connection, and what the kernels on its way did with it."""
