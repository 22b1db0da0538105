"""HAProxy as a data path: what it serves, as values; how one set comes from another; and the process."""
