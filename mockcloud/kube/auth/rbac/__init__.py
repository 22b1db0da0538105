"""Role-based access control (rbac.authorization.k8s.io): what rules allow, and whose they are."""
