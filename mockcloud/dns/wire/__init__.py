"""Bytes of DNS messages <-> values: dnspython's door. Pure."""
