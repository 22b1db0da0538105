"""Answers to those who ask where an address is: bytes in, bytes out."""
