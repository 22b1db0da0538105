"""The service account controller: every namespace has an account called `default`, which its pods run as.

Tokens are the API's.
"""
