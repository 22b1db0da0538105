"""Bytes <-> values of the protocols that kubectl and client libraries speak for streams. Pure."""
