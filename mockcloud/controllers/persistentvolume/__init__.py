"""The controllers of volumes: a claim is bound to a volume that fits it, and what pods or claims use is kept.

`matching` chooses, `plan` says what is to be done next (both pure), `writer` makes volumes that are
folders of the machine. The claims of a StatefulSet's pods are made in `statefulset`.
"""
