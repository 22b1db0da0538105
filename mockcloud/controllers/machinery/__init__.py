"""What every control loop stands on: shared informers, a work queue, expectations, the list of kinds."""
