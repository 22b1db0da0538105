"""What performs the pods' decisions: programs, probes' I/O, status and events to the API."""
