"""The StatefulSet controller: pods with lasting names, made and removed in order; revisions; volume claims.

Binding the claims is `persistentvolume`'s. All but `controller` and `writer` is pure.
"""
