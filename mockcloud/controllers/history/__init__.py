"""ControllerRevisions: the templates that StatefulSets and DaemonSets had, so that a rollout can be undone.

Nothing here knows a kind of workload. All but `writer` is pure.
"""
