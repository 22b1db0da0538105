"""The TTL-after-finished controller: removes Jobs some time after their end. `plan` is pure."""
