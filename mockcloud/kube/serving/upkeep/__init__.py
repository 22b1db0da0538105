"""What the API does on its own while it serves: its objects are kept right, others come and go by rules."""
