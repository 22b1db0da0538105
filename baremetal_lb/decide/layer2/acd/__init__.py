"""Address conflict detection (RFC 5227; RFC 4862 5.4): probe before use, listen and defend while in use."""
