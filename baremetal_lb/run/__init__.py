"""The daemons: loops, tasks and clocks around the pure decisions."""
