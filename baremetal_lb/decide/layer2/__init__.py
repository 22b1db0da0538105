"""Layer 2 announcement, pure: who announces an address, what is answered and told, and who else claims it."""
