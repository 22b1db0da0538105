"""The resource quota controller: counts anew what is used when something is gone or a quota has changed."""
