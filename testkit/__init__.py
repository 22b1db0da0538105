"""What tests of a cluster are built of: API objects, daemons as processes, labs, networks of namespaces.

Benchmarks, conformance checks, the demonstration and the tests of this repository stand on it; it knows none
of them. What has no underscore is for others: `objects` (one builder for each kind), `daemons` and `api` (one
starter each), `kubectl`, `lab` (`mockcloud up` and `down`), `lan` (bare network namespaces), `services`
(nodes whose Service rules are asked with real packets), `chart` (helm, and what is made from the chart),
`control_planes` (the embedded one, and a real one) and `plugin` (pytest fixtures).
"""
