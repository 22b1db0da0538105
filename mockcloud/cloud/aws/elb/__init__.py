"""elb: classic load balancers."""
