"""The cluster's side: kubectl, what it watches, and what the suite changes there."""
