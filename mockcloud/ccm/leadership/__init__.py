"""One cloud controller manager of several works: a Lease says which. `candidate` is pure."""
