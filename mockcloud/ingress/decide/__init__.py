"""What is decided of Ingresses, without waiting for anything."""
