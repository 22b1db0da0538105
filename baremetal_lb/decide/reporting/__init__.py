"""Pure: from what speakers see to what a Service says of them."""
