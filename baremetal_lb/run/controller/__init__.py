"""The controller: leads, watches the cluster, writes statuses. It decides nothing: `decide/` does."""
