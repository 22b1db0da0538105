"""What people are told who ask how a cluster or a Service stands. Pure."""
