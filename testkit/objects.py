"""Kubernetes API objects for tests, one builder for each kind: what the API demands, and all else as asked.

Keywords that a builder does not name are fields of `spec`, which replace its own. `metadata` is added to the
name and the namespace; a namespace of None leaves it to whoever creates the object.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Object = dict[str, Any]

_CONTROLLED = "apps/v1"


def made(
    kind: str, name: str, /, *, version: str = "v1", metadata: Object | None = None, **fields: object
) -> Object:
    """An object of any kind; `fields` are those beside its metadata. A field of None is left out."""
    given = {key: value for key, value in fields.items() if value is not None}
    return {"apiVersion": version, "kind": kind, "metadata": {"name": name, **(metadata or {})}, **given}


def container(name: str = "c", /, *, image: str = "nginx", **fields: object) -> Object:
    """One container of a pod."""
    return {"name": name, "image": image, **fields}


def pod(
    name: str = "web",
    /,
    *containers: Object,
    namespace: str | None = "default",
    metadata: Object | None = None,
    status: Object | None = None,
    **spec: object,
) -> Object:
    """A Pod; without containers it has one, of nginx."""
    fields = {"containers": list(containers) or [container()], **spec}
    return made("Pod", name, metadata=_within(namespace, metadata), spec=fields, status=status)


def service(
    name: str = "web",
    /,
    *,
    namespace: str | None = "default",
    metadata: Object | None = None,
    status: Object | None = None,
    **spec: object,
) -> Object:
    """A Service with port 80."""
    fields = {"ports": [{"port": 80}], **spec}
    return made("Service", name, metadata=_within(namespace, metadata), spec=fields, status=status)


def node(
    name: str = "node-1",
    /,
    *,
    ready: str | None = "True",
    addresses: Sequence[str] = (),
    metadata: Object | None = None,
    status: Object | None = None,
    **spec: object,
) -> Object:
    """A Node: its condition Ready, and the addresses that it is known by inside of the cluster."""
    conditions = [{"type": "Ready", "status": ready}] if ready else []
    internal = [{"type": "InternalIP", "address": address} for address in addresses]
    told = {"conditions": conditions, "addresses": internal, **(status or {})}
    return made("Node", name, metadata=metadata, spec=spec, status=told)


def endpoint_slice(
    service: str = "web",
    /,
    *endpoints: str | Object,
    name: str = "",
    family: str = "IPv4",
    ports: Sequence[Object] = ({"name": "http", "port": 80},),
    metadata: Object | None = None,
) -> Object:
    """An EndpointSlice of a Service; an endpoint that is a text is an address."""
    labels = {"kubernetes.io/service-name": service, **((metadata or {}).get("labels") or {})}
    listed = [{"addresses": [each]} if isinstance(each, str) else each for each in endpoints]
    return made(
        "EndpointSlice",
        name or f"{service}-{family.lower()}",
        version="discovery.k8s.io/v1",
        metadata={"namespace": "default", **(metadata or {}), "labels": labels},
        addressType=family,
        ports=list(ports),
        endpoints=listed,
    )


def deployment(name: str = "web", /, **fields: Any) -> Object:  # noqa: ANN401 - as `_workload` takes them
    """A Deployment; takes what `pod` does, and `labels`, `containers` and `pod_spec` of its pods."""
    return _workload("Deployment", name, **fields)


def replica_set(name: str = "web", /, **fields: Any) -> Object:  # noqa: ANN401 - see `deployment`
    """A ReplicaSet; see `deployment`."""
    return _workload("ReplicaSet", name, **fields)


def stateful_set(name: str = "web", /, **fields: Any) -> Object:  # noqa: ANN401 - see `deployment`
    """A StatefulSet whose Service has its name; see `deployment`."""
    return _workload("StatefulSet", name, **{"serviceName": name, **fields})


def daemon_set(name: str = "web", /, **fields: Any) -> Object:  # noqa: ANN401 - see `deployment`
    """A DaemonSet; see `deployment`."""
    return _workload("DaemonSet", name, **fields)


def replication_controller(name: str = "web", /, **fields: Any) -> Object:  # noqa: ANN401 - see `deployment`
    """A ReplicationController, which selects by labels alone; see `deployment`."""
    found = _workload("ReplicationController", name, **fields)
    spec = {**found["spec"], "selector": found["spec"]["selector"]["matchLabels"]}
    return {**found, "apiVersion": "v1", "spec": spec}


def job(name: str = "once", /, **fields: Any) -> Object:  # noqa: ANN401 - see `deployment`
    """A Job of pods that are not started again; its selector is the API's to make. See `deployment`."""
    pod_spec = {"restartPolicy": "Never", **(fields.pop("pod_spec", None) or {})}
    found = _workload("Job", name, **{"labels": {}, **fields, "pod_spec": pod_spec})
    if "selector" not in fields:
        del found["spec"]["selector"]
    return {**found, "apiVersion": "batch/v1"}


def cron_job(name: str = "tick", schedule: str = "@daily", /, **fields: Any) -> Object:  # noqa: ANN401 - spec
    """A CronJob; `job` is the spec of its Jobs, all else is its own spec's (metadata and status apart)."""
    metadata = _within(fields.pop("namespace", "default"), fields.pop("metadata", None))
    status, template = fields.pop("status", None), fields.pop("job", None) or job()["spec"]
    spec = {"schedule": schedule, "jobTemplate": {"spec": template}, **fields}
    return made("CronJob", name, version="batch/v1", metadata=metadata, spec=spec, status=status)


def config_map(name: str, /, *, metadata: Object | None = None, **data: str) -> Object:
    """A ConfigMap."""
    return made("ConfigMap", name, metadata=metadata, data=data)


def namespace(name: str, /) -> Object:
    """A Namespace."""
    return made("Namespace", name)


def _workload(kind: str, name: str, /, **fields: Any) -> Object:  # noqa: ANN401 - of several types
    labels: Mapping[str, str] = fields.pop("labels", {"app": name})
    containers, more = fields.pop("containers", ()), fields.pop("pod_spec", None) or {}
    metadata = _within(fields.pop("namespace", "default"), fields.pop("metadata", None))
    status = fields.pop("status", None)
    template = {
        "metadata": {"labels": dict(labels)},
        "spec": {"containers": list(containers) or [container()], **more},
    }
    spec = {"selector": {"matchLabels": dict(labels)}, "template": template, **fields}
    return made(kind, name, version=_CONTROLLED, metadata=metadata, spec=spec, status=status)


def _within(namespace: str | None, metadata: Object | None) -> Object:
    return {**({} if namespace is None else {"namespace": namespace}), **(metadata or {})}
