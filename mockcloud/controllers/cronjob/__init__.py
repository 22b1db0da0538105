"""The CronJob controller: Jobs by a schedule. `plan` is pure."""
