"""Services of a lab at loopback addresses of this machine: `mockcloud tunnel` (docs/reach.md)."""
