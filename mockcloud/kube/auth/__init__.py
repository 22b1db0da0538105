"""Who calls (authentication), and the answers to those who ask what they may (reviews). What a caller may is
not restricted yet: that will be authorization, between the two. No HTTP, and no storage.
"""
