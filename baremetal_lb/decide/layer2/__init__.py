"""Layer 2 announcement, pure: who announces an address, what is answered and told, and who else claims it.

Not in here: which nodes may announce at all (`eligibility`, for any protocol), who is alive (`membership`),
and the order of it all (`speaker`). Another protocol would be a room beside this one.
"""
