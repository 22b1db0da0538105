"""What speakers report, and what each Service says of its announcement. Pure: no API, no clock.

`compose` and `text` are the speaker's side, `aggregator` and `condition` the controller's. Not in here:
when a condition is written (`controller/publisher`).
"""
