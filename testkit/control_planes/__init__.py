"""The embedded control plane and a real one, side by side."""
