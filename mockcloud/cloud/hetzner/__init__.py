"""The API of Hetzner Cloud (/v1), as its public clients have it (schema of hcloud-go v2.52.0, hcloud 2.27).

It only translates: requests to the core's commands, and what there is to JSON. Pure; no HTTP in here.
"""
