"""ec2: instances, security groups, networks."""
