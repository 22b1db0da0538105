"""Which addresses and ports of a lab are reached where; pure."""
