"""The lab of the controller's tests, with MetalLB in it."""

from tests.baremetal_lb.run.conftest import lab

__all__ = ["lab"]
