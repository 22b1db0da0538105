"""Services and Nodes as these controllers see them."""
