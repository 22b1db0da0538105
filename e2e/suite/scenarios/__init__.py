"""What holds on every cluster, seen from outside: each test pins it in one sentence."""
