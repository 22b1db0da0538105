"""Labs for tests in Python (docs/testing.md): the fixtures of the pytest plug-in are made of these."""

from mockcloud.testing.command import LabFailed
from mockcloud.testing.lab import Lab, lab

__all__ = ["Lab", "LabFailed", "lab"]
