"""AWS' dialect: its query and ec2 protocols, signatures, errors and pages, and what each service does.

It translates only; what there is, and what may be done with it, is the core's.
"""
