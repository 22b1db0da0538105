"""What a lab tells of itself, as files: `mockcloud export logs` (docs/labs.md)."""
