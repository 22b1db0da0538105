"""What the controllers reason about, parsed once from the API's objects. Values only."""
