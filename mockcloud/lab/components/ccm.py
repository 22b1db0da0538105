"""`--ccm builtin`: the cloud controller manager in the box, a client of the lab's cloud like any other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from mockcloud.lab.cloud_files import CLOUD_CONFIG, ENVIRONMENT, files
from mockcloud.lab.components.api import CONTROL_PLANE
from mockcloud.lab.components.component import Component, Daemon, Identity, Interpreter

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mockcloud.lab.components.component import Lab
    from mockcloud.lab.plan import Plan

_NAME: Final = "cloud-controller-manager"
_MODULE: Final = "mockcloud.lab.components.ccm_start"
_NODES: Final = "mockcloud.lab.components.cloud_nodes"


class CloudControllers(Component):
    """It keeps no file."""

    def modules(self) -> Mapping[Interpreter, tuple[str, ...]]:
        return {Interpreter.PROVIDER: (_MODULE, "mockcloud.ccm.__main__"), Interpreter.NODE: (_NODES,)}

    def identities(self, _plan: Plan) -> Sequence[Identity]:
        return (Identity(_NAME, f"system:{_NAME}"),)

    def daemons(self, lab: Lab) -> Sequence[Daemon]:
        where = files(lab.folder)
        who = ("--kubeconfig", str(lab.folder.kubeconfig_of(_NAME)))
        argv = (str(where / ENVIRONMENT), *who, *("--cloud-config", str(where / CLOUD_CONFIG)))
        return (
            Daemon(_NAME, CONTROL_PLANE, f"{_MODULE}:main", argv, Interpreter.PROVIDER, 2),
            Daemon("cloud-nodes", CONTROL_PLANE, f"{_NODES}:main", who, Interpreter.NODE, 2, once=True),
        )
