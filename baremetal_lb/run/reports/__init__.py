"""The controller's side of the speakers' reports: collects them, and publishes what follows."""
