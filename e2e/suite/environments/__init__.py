"""Where a cluster runs, as far as the scenarios must know: how to be outside of it, and how to hurt it."""
