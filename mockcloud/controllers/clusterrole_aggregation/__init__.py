"""The ClusterRole aggregation controller: roles that hold the rules of those that their selectors find."""
