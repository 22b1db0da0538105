"""The garbage collector: what a deleted owner leaves behind goes too, of whatever kind.

It knows ownerReferences and finalizers, and no kind's rules. `plan` is pure.
"""
