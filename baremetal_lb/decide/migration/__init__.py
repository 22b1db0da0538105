"""From MetalLB to here: what its objects mean, and the steps that take its Services over. Pure."""
