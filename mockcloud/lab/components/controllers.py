"""The controller manager and scheduler, one process on `control-plane`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from mockcloud.lab.components.api import CONTROL_PLANE
from mockcloud.lab.components.component import Component, Daemon, Identity, Interpreter

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mockcloud.lab.components.component import Lab
    from mockcloud.lab.plan import Plan

_MODULE: Final = "mockcloud.controllers.__main__"
_NAME: Final = "controllers"


class Controllers(Component):
    """It keeps no file."""

    def modules(self) -> Mapping[Interpreter, tuple[str, ...]]:
        return {Interpreter.NODE: (_MODULE,)}

    def identities(self, _plan: Plan) -> Sequence[Identity]:
        return (Identity(_NAME, "system:controllers"),)

    def daemons(self, lab: Lab) -> Sequence[Daemon]:
        sooner = lab.plan.pod_eviction_timeout
        argv = (
            *("--kubeconfig", str(lab.folder.kubeconfig_of(_NAME))),
            *("--claims-dir", str(lab.folder.data("claims"))),
            *(("--ingress",) if lab.plan.ingress else ()),
            *(() if sooner is None else ("--pod-eviction-timeout", f"{sooner:g}")),
        )
        return (Daemon(_NAME, CONTROL_PLANE, f"{_MODULE}:main", argv, Interpreter.NODE, 1),)
