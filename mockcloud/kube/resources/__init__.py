"""The kinds of objects. All that is particular to one (its model, defaults, rules, columns, first state, end)
stands in its family's file: no request, no storage, no other kind's. `scheme` says which are served.
"""
