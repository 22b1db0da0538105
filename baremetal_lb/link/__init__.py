"""The node's interfaces: what is there, frames in, frames out."""
