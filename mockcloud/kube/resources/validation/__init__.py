"""Rules that kinds share: names, labels, addresses, metadata; each a function from values to causes."""
