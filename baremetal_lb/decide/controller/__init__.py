"""The controller as a pure machine, for one leadership term: events and the times in, commands out.

In here: the order in which a controller takes in what it sees, decides, writes and tells; which configuration
is in force; how many statuses are written at a time. Not in here: who gets which address (`ipam`), what a
Service says of who announces it (`reports`), who leads (`leader_election`), and everything that waits, reads
a clock or speaks to the API (`run/controller`, which performs the commands; the tests' `paper_cluster.py` and
`virtual_rack.py` perform them on paper).
"""
