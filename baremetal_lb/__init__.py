"""External IPs for Kubernetes Services of type LoadBalancer, on clusters without a cloud."""
