"""Where a pod lives: its namespaces, addresses, link to the node, the process that holds it, its record."""
