"""The core's values as the API's JSON, with every field that its clients' schema has."""
