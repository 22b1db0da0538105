"""The speaker's daemon: what it watches it feeds to `decide/speaker/machine`, whose commands `driver`
performs.
"""
