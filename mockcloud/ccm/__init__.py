"""The cloud controller manager in the box: what k8s.io/cloud-provider's service and node controllers do.

They speak to a cloud through `provider`; `aws` is the one that there is. Nothing here knows the mock cloud:
it is a client of AWS' API like any other.
"""
