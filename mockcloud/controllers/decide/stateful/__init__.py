"""StatefulSet -> what to do with its pods, revisions and volume claims, and what its status says."""
