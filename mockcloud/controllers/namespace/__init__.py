"""The namespace controller: empties a namespace that is being deleted, then lets it go.

What a namespace is given at its birth is `serviceaccount`'s.
"""
