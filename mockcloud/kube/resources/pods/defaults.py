"""Defaults of a PodSpec, the same in a Pod and in a template."""

from typing import Final

from mockcloud.kube.json_types import JsonObject, filled, object_at, objects_at

PROBES: Final = ("livenessProbe", "readinessProbe", "startupProbe")
FILE_MODE: Final = 0o644
TOKEN_SECONDS: Final = 3600


def pod_defaults(spec: JsonObject) -> JsonObject:
    """The spec of a Pod: that of a template, and what only a Pod has. Admission adds to it."""
    spec = pod_spec_defaults(filled(spec, enableServiceLinks=True))
    for key in ("containers", "initContainers"):
        if spec.get(key):
            spec[key] = [_container_of_pod(each, spec) for each in objects_at(spec, key)]
    if (spec.get("terminationGracePeriodSeconds") or 0) < 0:
        spec["terminationGracePeriodSeconds"] = 1
    return spec


def pod_spec_defaults(spec: JsonObject) -> JsonObject:
    """The spec with its defaults, down to probes and volumes."""
    spec = filled(
        spec,
        dnsPolicy="ClusterFirst",
        restartPolicy="Always",
        schedulerName="default-scheduler",
        securityContext={},
        terminationGracePeriodSeconds=30,
    )
    for key in ("containers", "initContainers", "ephemeralContainers"):
        if spec.get(key):
            spec[key] = [_container(each) for each in objects_at(spec, key)]
    if spec.get("volumes"):
        spec["volumes"] = [_volume(each) for each in objects_at(spec, "volumes")]
    account = spec.get("serviceAccountName") or spec.get("serviceAccount")
    return filled(spec, serviceAccountName=account, serviceAccount=account) if account else spec


def _container_of_pod(container: JsonObject, spec: JsonObject) -> JsonObject:
    """What only a Pod's own containers have, and those of a template have not (SetDefaults_Pod)."""
    container = dict(container)
    if container.get("resources"):
        container["resources"] = _resources(object_at(container, "resources"))
    if spec.get("hostNetwork") and container.get("ports"):
        container["ports"] = [
            port if port.get("hostPort") else {**port, "hostPort": port.get("containerPort")}
            for port in objects_at(container, "ports")
        ]
    return container


def _container(container: JsonObject) -> JsonObject:
    container = filled(
        container,
        imagePullPolicy=_pull_policy(container.get("image") or ""),
        terminationMessagePath="/dev/termination-log",
        terminationMessagePolicy="File",
        resources={},
    )
    if container.get("ports"):
        container["ports"] = [filled(port, protocol="TCP") for port in objects_at(container, "ports")]
    for key in PROBES:
        if container.get(key) is not None:
            container[key] = _probe(object_at(container, key))
    if container.get("env"):
        container["env"] = [_variable(each) for each in objects_at(container, "env")]
    return _with_hooks(container)


def _pull_policy(image: str) -> str:
    """Always for the tag `latest`, stated or implied; a digest pins the image."""
    if "@" in image:
        return "IfNotPresent"
    tag = image.rpartition("/")[2].partition(":")[2]
    return "Always" if tag in ("", "latest") else "IfNotPresent"


def _probe(probe: JsonObject) -> JsonObject:
    defaults = {"timeoutSeconds": 1, "periodSeconds": 10, "successThreshold": 1, "failureThreshold": 3}
    zeros = {key: value for key, value in defaults.items() if not probe.get(key)}
    return _handler({**probe, **zeros})


def _handler(handler: JsonObject) -> JsonObject:
    if handler.get("httpGet"):
        handler = {**handler, "httpGet": filled(object_at(handler, "httpGet"), path="/", scheme="HTTP")}
    if handler.get("grpc"):
        handler = {**handler, "grpc": {"service": "", **object_at(handler, "grpc")}}
    return handler


def _with_hooks(container: JsonObject) -> JsonObject:
    hooks = object_at(container, "lifecycle")
    if not hooks:
        return container
    filled_hooks = {key: _handler(hook) if isinstance(hook, dict) else hook for key, hook in hooks.items()}
    return {**container, "lifecycle": filled_hooks}


def _resources(resources: JsonObject) -> JsonObject:
    """What is limited but not requested is requested at its limit."""
    limits = object_at(resources, "limits")
    return {**resources, "requests": {**limits, **object_at(resources, "requests")}} if limits else resources


def _variable(variable: JsonObject) -> JsonObject:
    source = object_at(variable, "valueFrom")
    if not source.get("fieldRef"):
        return variable
    reference = filled(object_at(source, "fieldRef"), apiVersion="v1")
    return {**variable, "valueFrom": {**source, "fieldRef": reference}}


def _volume(volume: JsonObject) -> JsonObject:
    sources = ("configMap", "secret", "downwardAPI", "projected", "hostPath")
    if not any(value is not None for key, value in volume.items() if key != "name"):
        return {**volume, "emptyDir": {}}
    found = dict(volume)
    for key in sources:
        if isinstance(volume.get(key), dict):
            found[key] = (
                {"type": "", **volume[key]}
                if key == "hostPath"
                else filled(volume[key], defaultMode=FILE_MODE)
            )
    if found.get("projected"):
        found["projected"] = _projected(found["projected"])
    return found


def _projected(volume: JsonObject) -> JsonObject:
    sources = [
        {
            **source,
            "serviceAccountToken": filled(source["serviceAccountToken"], expirationSeconds=TOKEN_SECONDS),
        }
        if source.get("serviceAccountToken")
        else source
        for source in objects_at(volume, "sources")
    ]
    return {**volume, "sources": sources}
