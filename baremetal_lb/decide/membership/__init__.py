"""Which speakers are alive, by their heartbeats. Pure, so that it runs on a virtual LAN as it does on
sockets.

`machine` has the order; `neighbour` is one peer that is listened to, `own_state` what this speaker says of
itself, `reachability` who is alive by what all say. Not in here: what follows for addresses (`speaker`),
and the datagrams (`link/heartbeats`).
"""
