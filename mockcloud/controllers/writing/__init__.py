"""How decisions are written to the API: owners, statuses, EndpointSlices."""
