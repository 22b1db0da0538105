"""What pods may: their ids, capabilities and system calls. `programs/confining` takes the rest from them."""
