"""The disruption controller: how many pods of a PodDisruptionBudget may be taken away now.

All but `controller` is pure.
"""
