"""What is decided of NetworkPolicies, without waiting for anything."""
