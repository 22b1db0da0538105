"""The speaker as a pure machine: events and the time in, commands out.

In here: the order in which a speaker takes in what it sees, decides, and speaks. Not in here: how one address
is probed for and defended (`layer2/acd`), who announces (`layer2/election`), and everything that waits, reads
a clock or opens a socket (`run/speaker`, which performs the commands; `tests/fakes/virtual_rack.py` performs
them on a virtual LAN).
"""
