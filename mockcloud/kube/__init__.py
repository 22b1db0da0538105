"""The embedded Kubernetes API: generic machinery plus a table of kinds.

Layers, one way: serving -> rest -> tables | objects -> meaning | schema -> storage -> kinds, json_types.
"""
