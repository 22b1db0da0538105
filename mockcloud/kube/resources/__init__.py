"""The kinds of objects. All that is particular to one (its model, defaults, rules, columns, first state,
end) stands in its family's file: no request, no storage, no other kind's. `built_in` has those that are
served from the start, `scheme` those that are served at the moment.
"""
