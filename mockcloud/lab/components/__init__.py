"""What a lab consists of, one file a component: its hosts and networks, its daemons, and what these are told.

What is in here is pure, but for the programs that the lab starts by name: `wiring`, `install`, `cloud_nodes`.
One more kind of host, or another provider of addresses, is one more file, named in `registry`.
"""
