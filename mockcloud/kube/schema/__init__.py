"""What fields an object has: read from the official Python client's models, served as OpenAPI v3."""
