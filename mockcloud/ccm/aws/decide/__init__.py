"""What is to be done at AWS for a Service: pure, from what it wants and what there is to calls in order.

As cloud-provider-aws v1.34 does it: names, tags, rules, defaults and the words of what it refuses.
"""
