"""Tokens of ServiceAccounts: JWTs (RFC 7519) signed by the API's key, as KEP-1205 binds them to objects.

Nothing here waits or looks at the clock; objects come from the store.
"""
