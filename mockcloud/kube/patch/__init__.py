"""The three kinds of patch, as functions to a new value: target and patch are never changed."""
