"""The service controller: a load balancer for each Service that wants one. `plan` is pure."""
