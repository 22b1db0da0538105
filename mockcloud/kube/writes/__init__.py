"""What a write means: metadata, refusals, deletion, subresources; values in, values out."""
