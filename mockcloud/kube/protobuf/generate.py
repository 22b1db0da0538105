"""Writes `numbers.json`: which field number means which JSON field, for the kinds that clients may send.

`python -m mockcloud.kube.protobuf.generate API APIMACHINERY APIEXTENSIONS AGGREGATOR` reads the source trees
of the Go modules k8s.io/api, k8s.io/apimachinery, k8s.io/apiextensions-apiserver and k8s.io/kube-aggregator:
types from `generated.proto`; JSON names, pointers and inlined structs from the tags in `types.go`. Field
numbers never change, so this is needed only to add kinds.
"""

import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import orjson

KINDS: Final = {
    "core/v1": (
        "Binding ConfigMap Endpoints Event Namespace Node Pod Secret Service ServiceAccount "
        "PersistentVolume PersistentVolumeClaim PodTemplate ReplicationController ResourceQuota LimitRange"
    ),
    "admissionregistration/v1": (
        "MutatingWebhookConfiguration ValidatingAdmissionPolicy ValidatingAdmissionPolicyBinding "
        "ValidatingWebhookConfiguration"
    ),
    "apps/v1": "ControllerRevision DaemonSet Deployment ReplicaSet StatefulSet",
    "authentication/v1": "SelfSubjectReview TokenRequest TokenReview",
    "authorization/v1": (
        "LocalSubjectAccessReview SelfSubjectAccessReview SelfSubjectRulesReview SubjectAccessReview"
    ),
    "autoscaling/v1": "HorizontalPodAutoscaler Scale",
    "autoscaling/v2": "HorizontalPodAutoscaler",
    "batch/v1": "CronJob Job",
    "certificates/v1": "CertificateSigningRequest",
    "coordination/v1": "Lease",
    "discovery/v1": "EndpointSlice",
    "events/v1": "Event",
    "flowcontrol/v1": "FlowSchema PriorityLevelConfiguration",
    "networking/v1": "IPAddress Ingress IngressClass NetworkPolicy ServiceCIDR",
    "node/v1": "RuntimeClass",
    "policy/v1": "Eviction PodDisruptionBudget",
    "rbac/v1": "ClusterRole ClusterRoleBinding Role RoleBinding",
    "scheduling/v1": "PriorityClass",
    "storage/v1": "CSIDriver CSINode CSIStorageCapacity StorageClass VolumeAttachment",
}
GROUPS: Final = {
    "core": "",
    "admissionregistration": "admissionregistration.k8s.io",
    "apps": "apps",
    "authentication": "authentication.k8s.io",
    "authorization": "authorization.k8s.io",
    "autoscaling": "autoscaling",
    "batch": "batch",
    "certificates": "certificates.k8s.io",
    "coordination": "coordination.k8s.io",
    "discovery": "discovery.k8s.io",
    "events": "events.k8s.io",
    "flowcontrol": "flowcontrol.apiserver.k8s.io",
    "networking": "networking.k8s.io",
    "node": "node.k8s.io",
    "policy": "policy",
    "rbac": "rbac.authorization.k8s.io",
    "scheduling": "scheduling.k8s.io",
    "storage": "storage.k8s.io",
}
# Groups that have modules of their own: (group, kind) by folder.
OF_MODULES: Final = {
    "apiextensions_apiserver/pkg/apis/apiextensions/v1": ("apiextensions.k8s.io", "CustomResourceDefinition"),
    "kube_aggregator/pkg/apis/apiregistration/v1": ("apiregistration.k8s.io", "APIService"),
}
MACHINERY: Final = ("pkg/apis/meta/v1", "pkg/api/resource", "pkg/util/intstr", "pkg/runtime")
SCALARS: Final = ("bool", "bytes", "double", "int32", "int64", "string")

_MESSAGE: Final = re.compile(r"^message (\w+) \{\n(.*?)^\}", re.MULTILINE | re.DOTALL)
_FIELD: Final = re.compile(r"^  (?:(optional|repeated) )?(map<[^>]+>|[\w.]+) (\w+) = (\d+);", re.MULTILINE)
_STRUCT: Final = re.compile(r"^type (\w+) struct \{\n(.*?)^\}", re.MULTILINE | re.DOTALL)
_MEMBER: Final = re.compile(
    r"^\t(?:\w+\s+)?([*\[\]\w.]+)\s+`(?:json:\"([^\"]*)\"[^`\n]* )?protobuf:\"\w+,(\d+),", re.MULTILINE
)


@dataclass(frozen=True, slots=True)
class Member:
    """What Go's tags say about one field."""

    json: str
    pointer: bool
    inline: bool


def main(argv: list[str]) -> int:
    """Write the file from the source trees."""
    api, machinery, *modules = map(Path, argv)
    folders = [(api / gv, f"k8s.io.api.{gv.replace('/', '.')}") for gv in KINDS]
    folders += [(machinery / path, f"k8s.io.apimachinery.{path.replace('/', '.')}") for path in MACHINERY]
    for module, path in zip(modules, OF_MODULES, strict=True):
        folders.append((module / path.partition("/")[2], f"k8s.io.{path.replace('/', '.')}"))
    messages: dict[str, dict[str, list[str]]] = {}
    for folder, package in folders:
        messages.update(_messages(folder, package))
    kinds = {
        f"{GROUPS[gv.split('/')[0]]}/{gv.split('/')[1]}/{kind}": f"k8s.io.api.{gv.replace('/', '.')}.{kind}"
        for gv, listed in KINDS.items()
        for kind in listed.split()
    }
    kinds |= {
        f"{group}/v1/{kind}": f"k8s.io.{path.replace('/', '.')}.{kind}"
        for path, (group, kind) in OF_MODULES.items()
    }
    kinds |= {"/v1/DeleteOptions": "k8s.io.apimachinery.pkg.apis.meta.v1.DeleteOptions"}
    wanted = set(_reachable(messages, list(kinds.values())))
    content = {"kinds": kinds, "messages": {name: messages[name] for name in sorted(wanted)}}
    target = Path(__file__).with_name("numbers.json")
    target.write_bytes(orjson.dumps(content, option=orjson.OPT_SORT_KEYS) + b"\n")
    return 0


def _messages(folder: Path, package: str) -> Iterator[tuple[str, dict[str, list[str]]]]:
    """Each message of a package: field number -> [JSON name, type, `*` for a pointer or `+` for inlined]."""
    members = _members(folder)
    for name, body in _MESSAGE.findall((folder / "generated.proto").read_text()):
        fields: dict[str, list[str]] = {}
        for label, type_, proto_name, number in _FIELD.findall(body):
            member = members.get((name, number), Member(proto_name, pointer=False, inline=False))
            mark = "+" if member.inline else "*" if member.pointer else ""
            full = _full_type(type_, package)
            fields[number] = [member.json or proto_name, f"[]{full}" if label == "repeated" else full, mark]
        yield f"{package}.{name}", fields


def _members(folder: Path) -> dict[tuple[str, str], Member]:
    found: dict[tuple[str, str], Member] = {}
    for path in sorted(folder.glob("*.go")):
        for struct, body in _STRUCT.findall(path.read_text()):
            for go_type, json_tag, number in _MEMBER.findall(body):
                json_name, _, options = json_tag.partition(",")
                inline = "inline" in options
                found[struct, number] = Member(json_name, pointer=go_type.startswith("*"), inline=inline)
    return found


def _full_type(type_: str, package: str) -> str:
    if type_.startswith("map<"):
        value = type_[4:-1].partition(",")[2].strip()
        return f"map:{_full_type(value, package)}"
    if type_ in SCALARS:
        return type_
    return type_.lstrip(".") if "." in type_ else f"{package}.{type_}"


def _reachable(messages: dict[str, dict[str, list[str]]], names: list[str]) -> Iterator[str]:
    seen: set[str] = set()
    while names:
        name = names.pop()
        if name in seen or name not in messages:
            continue
        seen.add(name)
        yield name
        names += [field[1].removeprefix("[]").removeprefix("map:") for field in messages[name].values()]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
