"""What a person types from the guides, and what real kubectl prints on either side."""

import pytest
from conformance.harness.contract import contract
from conformance.harness.side import Side

WEB = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, labels: {app: web}}
spec:
  replicas: 0
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: nginx, image: nginx, ports: [{containerPort: 80}]}]}
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec:
  type: LoadBalancer
  clusterIP: 10.96.0.50
  selector: {app: web}
  ports: [{port: 80, nodePort: 30040}]
"""


@contract
def test_apply_cycle(api: Side) -> None:
    """Apply, apply again, change, diff, delete."""
    api.kubectl("apply -f - --dry-run=server", WEB)
    api.kubectl("apply -f -", WEB)
    api.kubectl("apply -f -", WEB)
    api.kubectl("diff -f -", WEB)
    changed = WEB.replace("port: 80, nodePort", "port: 8080, nodePort")
    api.kubectl("apply -f -", changed)
    api.kubectl("get service web -o yaml")
    api.kubectl("get deployment web -o yaml")
    api.kubectl("get -f - -o name", WEB)
    api.kubectl("replace -f -", WEB)
    api.kubectl("apply view-last-applied service web")
    api.kubectl("delete -f -", WEB)
    api.kubectl("delete -f -", WEB)
    api.kubectl("get all")


@contract
def test_describe_a_load_balancer(api: Side) -> None:
    """The page that says where the traffic goes."""
    api.kubectl("apply -f -", WEB)
    api.wait(api.path("discovery.k8s.io/v1/endpointslices"), "the slice", lambda body: body["items"])
    api.kubectl("describe service web --show-events=false")
    api.quietly(
        "PATCH",
        api.path("services", "web") + "/status",
        {"status": {"loadBalancer": {"ingress": [{"ip": "192.0.2.7"}]}}},
        Content_Type="application/merge-patch+json",
    )
    api.kubectl("get service web")
    api.kubectl("describe service web --show-events=false")
    api.kubectl("get service web -o jsonpath={.status.loadBalancer.ingress[0].ip}")
    api.kubectl("get service web -o custom-columns=NAME:.metadata.name,TYPE:.spec.type")
    api.kubectl("wait --for=jsonpath={.status.loadBalancer.ingress} service/web --timeout=5s")
    api.kubectl("wait --for=jsonpath={.spec.type}=ClusterIP service/web --timeout=1s")
    api.kubectl("delete service web")


COMMANDS = {
    "deployment": [
        "create deployment d --image=nginx --replicas=0 --port=80",
        "expose deployment d --port=80 --target-port=8000",
        "expose deployment d --name=e --type=NodePort --port=80",
        "get deployment d -o yaml",
    ],
    "service-clusterip": ["create service clusterip s --tcp=80:8080", "get service s -o yaml"],
    "service-nodeport": [
        "create service nodeport s --tcp=80 --node-port=30041",
        "get service s -o yaml",
        "delete service s",
    ],
    "service-loadbalancer": ["create service loadbalancer s --tcp=80", "get service s -o yaml"],
    "service-externalname": [
        "create service externalname s --external-name=example.com",
        "get service s",
        "describe service s --show-events=false",
    ],
    "configmap": [
        "create configmap c --from-literal=a=b",
        "create configmap c --from-literal=a=b",
        "describe configmap c",
        "get configmap c -o yaml",
    ],
    "secret": [
        "create secret generic s --from-literal=p=q",
        "describe secret s",
        "get secrets",
        "get secret s -o yaml",
    ],
    "labels": [
        "create configmap c",
        "label configmap c a=b",
        "label configmap c a=c",
        "label configmap c a=c --overwrite",
        "label configmap c a-",
        "label configmap c nope-",
        "get configmap c --show-labels",
        "get configmap c -L a",
    ],
    "annotations": [
        "create configmap c",
        "annotate configmap c a=b",
        "annotate configmap c a=c",
        "annotate configmap c a-",
    ],
    "patches": [
        "create configmap c",
        'patch configmap c -p \'{"data":{"a":"b"}}\'',
        'patch configmap c -p \'{"data":{"a":"b"}}\'',
        'patch configmap c --type=json -p \'[{"op":"remove","path":"/data/zz"}]\'',
        "patch configmap c --type=merge -p '{\"data\":1}'",
        "patch configmap none -p '{}'",
    ],
    "delete": [
        "create configmap c",
        "delete configmap c --dry-run=server",
        "delete configmap c",
        "delete configmap c",
        "delete configmap c --ignore-not-found",
        "delete secrets --all",
        "delete configmap -l a=b",
    ],
    "missing": [
        "get service none",
        "get nonsense",
        "describe service none",
        "scale deployment none --replicas=1",
        "rollout status deployment/none",
        "logs none",
        "expose deployment none --port=80",
        "edit service none",
        "get pods -l 'a b'",
        "get pods --field-selector=spec.nope=1",
    ],
    "empty": [
        "get all",
        "get pods",
        "get services -o yaml",
        "get deployments",
        "get events",
        "get endpointslices",
        "get ingress",
    ],
    "service-edit": [
        "create service clusterip s --tcp=80",
        "set selector service s app=x",
        "get service s -o wide",
    ],
    "namespace": [
        "create namespace Bad_Name",
        "create namespace default",
        "delete namespace default",
        "get namespace default",
        "describe namespace default",
        "create configmap c -n nowhere",
        "get pods -n nowhere",
    ],
    "server": [
        "version -o json",
        "auth can-i create services",
        "auth can-i delete nodes",
        "auth whoami -o name",
        "api-versions",
    ],
    "nodes": [
        "get nodes",
        "get nodes -o wide",
        "describe node node-1",
        "label node node-1 x=y",
        "label node node-1 x-",
        "cordon node-2",
        "get node node-2",
        "uncordon node-2",
        "taint node node-2 a=b:NoSchedule",
        "taint node node-2 a-",
    ],
    "events": ["get events", "events"],
    "lease": ["get leases", "get serviceaccounts"],
    "kubernetes": ["get service kubernetes -n default -o yaml", "get services -n default"],
    "server-side": ["create configmap c", "apply --server-side -f -"],
    "taken-port": [
        "create service nodeport s --tcp=80 --node-port=30042",
        "create service nodeport t --tcp=80 --node-port=30042",
        "delete service s",
    ],
    "bad-port": ["create service nodeport s --tcp=80 --node-port=80", "create service clusterip s --tcp=0"],
    "bad-name": [
        "create service clusterip 1s --tcp=80",
        "create deployment Bad_ --image=nginx",
        "create configmap Bad_",
    ],
}


@pytest.mark.parametrize("commands", [pytest.param(each, id=name) for name, each in COMMANDS.items()])
@contract
def test_commands(api: Side, commands: list) -> None:
    """Commands of every day, each with its exit code, output and errors."""
    for command in commands:
        api.kubectl(
            command,
            {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "x"}}
            if command.endswith("-f -")
            else None,
        )


@pytest.mark.parametrize(
    "resource",
    [
        "services",
        "pods",
        "deployments",
        "configmaps",
        "endpointslices",
        "nodes",
        "namespaces",
        "events",
        "leases",
        "replicasets",
        "secrets",
        "endpoints",
        "serviceaccounts",
    ],
)
@contract
def test_api_resources(api: Side, resource: str) -> None:
    """Discovery's row of a kind: short names, group, verbs and categories."""
    printed = api.cluster.kubectl(["api-resources", "-o", "wide", "--no-headers"], None).stdout
    api.record("row", [line.split() for line in printed.splitlines() if line.split()[0] == resource])


@contract
def test_run_a_pod(api: Side) -> None:
    """A pod by hand, and what its description says while it waits."""
    api.wait(api.path("serviceaccounts"), "the default account", lambda body: body["items"])
    spec = '{"spec":{"automountServiceAccountToken":false,"nodeSelector":{"no":"where"}}}'
    api.kubectl(f"run p --image=nginx --overrides='{spec}'")
    api.wait(api.path("pods", "p"), "the scheduler's word", lambda body: body["status"].get("conditions"))
    api.wait(api.path("events"), "its event", lambda body: body["items"])
    api.kubectl("get pod p")
    api.kubectl("describe pod p")
    api.kubectl("get events")
    api.kubectl("get pod p -o yaml")
    api.kubectl("delete pod p")


EXPLAINED = (
    "service.spec.externalTrafficPolicy",
    "deployment.spec",
    "pods",
    "endpointslice",
    "service.nope",
    "nope",
)


@pytest.mark.parametrize("what", EXPLAINED)
@contract
def test_explain(api: Side, what: str) -> None:
    """The schema's own words."""
    api.kubectl(f"explain {what}")
