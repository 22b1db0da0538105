"""From what is wanted and what there is to calls in order."""
