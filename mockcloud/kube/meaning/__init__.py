"""What a write means: patches, defaults, validation and Service allocation, all on plain values."""
