"""Answering apart from deciding: a small process that has the packet sockets, and what tells it what to say.

`loop`, `child` and what they import run in that process, which starts without site-packages: nothing but the
standard library, and of that little. `process` is the speaker's side; `ledger` and `messages` are for both.
"""
