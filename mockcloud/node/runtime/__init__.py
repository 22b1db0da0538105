"""What performs the pods' decisions: namespaces, holders, records, probes' I/O, status to the API."""
