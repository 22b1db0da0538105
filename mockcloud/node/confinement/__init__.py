"""What pods may: their ids, capabilities and system calls. `shim/confining` takes the rest from them."""
