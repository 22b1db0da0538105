"""Frames and datagrams as bytes."""
