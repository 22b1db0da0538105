"""What runs in pods and on the outside client: the standard library alone, as text for `python3 -c`."""
