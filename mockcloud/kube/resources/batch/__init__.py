"""The kinds of the group batch: Jobs, and the CronJobs that make them."""
