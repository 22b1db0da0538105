"""StorageClasses (rules: conformance, test_stored_kinds)."""

from mockcloud.kube.resources.storage.classes import STORAGE_CLASS


def test_the_default_class_is_shown_as_such():
    """As kubectl shows it."""
    notes = {"storageclass.kubernetes.io/is-default-class": "true"}
    obj = STORAGE_CLASS.defaults({"metadata": {"name": "disk", "annotations": notes}, "provisioner": "x"})
    assert STORAGE_CLASS.printer.row(obj, 0.0)[:5] == ["disk (default)", "x", "Delete", "Immediate", False]
