"""The daemons and commands: loops, tasks and clocks around what `decide` decides. Nothing is decided in
here.
"""
