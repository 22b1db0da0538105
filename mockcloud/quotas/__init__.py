"""How much of what an object uses up: what the API charges to quotas, and the quota controller counts anew.

The API refuses by it what the controllers would count; so both have it from here. All of it is pure.
"""
