"""CustomResourceDefinitions: their rules, the names that they get, and the kinds that they make."""
