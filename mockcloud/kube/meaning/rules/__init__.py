"""What makes an object valid: one file a family of kinds, each a function from values to causes."""
