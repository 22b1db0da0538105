"""Balancers as AWS has them: zones, target groups, listeners that forward to them, policies, attributes."""
