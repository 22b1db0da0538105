"""The network of a node as it is to be, and whoever keeps it so."""
