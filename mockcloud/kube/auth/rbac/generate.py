"""Writes `defaults.json`: the roles and bindings that every cluster starts with.

`python -m mockcloud.kube.auth.rbac.generate FOLDER` reads them as kube-apiserver's own tests list them, in
the Go module k8s.io/kubernetes: plugin/pkg/auth/authorizer/rbac/bootstrappolicy/testdata. ClusterRoles that
others are gathered into hold their rules already, as when the controller for that has run.
"""

import sys
from pathlib import Path
from typing import Any, Final

import orjson
import yaml

FILES: Final = (
    "cluster-roles", "controller-roles", "cluster-role-bindings", "controller-role-bindings",
    "namespace-roles", "namespace-role-bindings",
)  # fmt: skip


def main(argv: list[str]) -> int:
    """Write the file from the folder's lists."""
    folder = Path(argv[0])
    objects = [
        item for name in FILES for item in yaml.safe_load((folder / f"{name}.yaml").read_text())["items"]
    ]
    _gather([obj for obj in objects if obj["kind"] == "ClusterRole"])
    lines = b",\n".join(orjson.dumps(obj, option=orjson.OPT_SORT_KEYS) for obj in objects)
    Path(__file__).with_name("defaults.json").write_bytes(b"[\n" + lines + b"\n]\n")
    return 0


def _gather(roles: list[dict[str, Any]]) -> None:
    """Fill those with an aggregationRule; more than once, since one may be gathered into the next."""
    gathering = [role for role in roles if role.get("aggregationRule")]
    for _ in gathering:
        for role in gathering:
            wanted = [each["matchLabels"] for each in role["aggregationRule"]["clusterRoleSelectors"]]
            rules: list[Any] = []
            for labels in wanted:
                for other in sorted(roles, key=lambda each: str(each["metadata"]["name"])):
                    held = other["metadata"].get("labels", {})
                    if other is not role and labels.items() <= held.items():
                        rules += [rule for rule in other["rules"] or [] if rule not in rules]
            role["rules"] = rules


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
