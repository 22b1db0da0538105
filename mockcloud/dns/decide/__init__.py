"""What the cluster's names are and what a question is answered. Pure."""
