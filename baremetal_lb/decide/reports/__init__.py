"""What speakers report, and what each Service says of its announcement. Pure; no API, no clock."""
