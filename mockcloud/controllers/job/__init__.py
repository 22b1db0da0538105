"""The Job controller: pods until enough have ended well, or too many have not.

Each pod has a finalizer, which goes when the pod has been counted: so none is counted twice, and none is
missed (KEP-2307). `plan` is pure.
"""
