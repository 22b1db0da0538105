"""kubectl's larger tools: kustomize, ApplySets, rollouts, waiting, and `create` of every kind it makes."""

from pathlib import Path

import pytest
from conformance.harness.contract import contract
from conformance.harness.side import Side

WEB = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 0
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: nginx, image: "nginx:1"}]}
"""
BASE = {
    "kustomization.yaml": """
resources: [web.yaml]
namePrefix: my-
labels: [{pairs: {team: a}, includeSelectors: true}]
images: [{name: nginx, newTag: "2"}]
configMapGenerator: [{name: settings, literals: [a=b]}]
secretGenerator: [{name: key, literals: [c=d]}]
replicas: [{name: web, count: 0}]
patches:
  - target: {kind: Deployment}
    patch: '[{"op": "add", "path": "/metadata/annotations", "value": {"x": "y"}}]'
""",
    "web.yaml": WEB,
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A kustomization, the same one for both sides."""
    made = tmp_path_factory.mktemp("kustomize")
    for name, text in BASE.items():
        (made / name).write_text(text)
    return made


@contract
def test_kustomize(api: Side, folder: Path) -> None:
    """Applied, applied again, compared, and deleted."""
    for command in ("apply", "apply", "diff", "apply --server-side --force-conflicts", "delete"):
        api.kubectl(f"{command} -k {folder}")
        api.kubectl("get deployments,configmaps,secrets -l team=a -o yaml")


def config_map(name: str) -> str:
    return f"---\napiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}}}\n"


@pytest.mark.parametrize("parent", ["set", "configmaps/set"])
@contract
def test_apply_sets(api: Side, parent: str) -> None:
    """What is no longer in the set goes, whatever its kind; the set's own object says which there are."""
    if parent != "set":
        api.kubectl("create configmap set")
    prune = f"apply --prune --applyset={parent} -f -"
    api.kubectl(prune, config_map("a") + config_map("b") + WEB)
    api.kubectl(prune, config_map("b"))
    api.kubectl("get configmaps,deployments,secrets --show-labels --no-headers")
    api.kubectl(f"get {parent if '/' in parent else 'secret/set'} -o yaml")
    api.kubectl(prune, config_map("c"))
    api.kubectl("apply --prune --applyset=other -f -", config_map("c"))
    api.kubectl("get configmaps --no-headers")


@contract
def test_rollouts(api: Side) -> None:
    """History, what it shows of a revision, restart, pause, undo; and what `set` changes."""
    deployment = api.path("apps/v1/deployments", "web")

    def rolled(revision: int) -> None:
        wanted = str(revision)
        api.wait(
            deployment,
            f"revision {revision}",
            lambda body: (
                body["metadata"].get("annotations", {}).get("deployment.kubernetes.io/revision") == wanted
                and body["status"].get("observedGeneration") == body["metadata"]["generation"]
            ),
        )

    api.kubectl("apply -f -", WEB)
    rolled(1)
    api.kubectl("set image deployment/web nginx=nginx:2")
    rolled(2)
    api.kubectl("annotate deployment/web kubernetes.io/change-cause=second")
    for command in (
        "history",
        "status",
        "history --revision=2",
        "history --revision=7",
        "undo --to-revision=7",
    ):
        api.kubectl(f"rollout {command.split()[0]} deployment/web {' '.join(command.split()[1:])}")
    api.kubectl("rollout undo deployment/web --dry-run=server")
    api.kubectl("rollout undo deployment/web")
    rolled(3)
    api.kubectl("rollout undo deployment/web --to-revision=2")
    rolled(4)
    api.kubectl("rollout pause deployment/web")
    api.kubectl("rollout pause deployment/web")
    api.kubectl("rollout restart deployment/web")
    api.kubectl("rollout undo deployment/web")
    api.kubectl("rollout resume deployment/web")
    api.kubectl("set env deployment/web A=b")
    api.kubectl("set resources deployment/web --limits=cpu=200m,memory=512Mi")
    api.kubectl("set serviceaccount deployment/web other")
    api.kubectl("get deployment web -o jsonpath={.spec.template.spec}")
    api.kubectl("scale deployment/web --current-replicas=5 --replicas=1")
    api.kubectl("scale deployment/web --current-replicas=0 --replicas=0")


@contract
def test_waiting(api: Side) -> None:
    """For what is there, for what is to come, for paths and conditions, and for what never comes."""
    api.kubectl("apply -f -", WEB)
    api.kubectl("wait --for=create deployment/web --timeout=1s")
    api.kubectl("wait --for=jsonpath={.spec.replicas}=0 deployment/web --timeout=5s")
    api.wait(
        api.path("apps/v1/deployments", "web"),
        "its conditions",
        lambda body: body["status"].get("conditions"),
    )
    api.kubectl("wait --for=condition=Available deployment/web --timeout=20s")
    api.kubectl("wait --for=condition=Available=false deployment/web --timeout=1s")
    api.kubectl("wait --for=create deployment/none --timeout=1s")
    api.kubectl("wait --for=delete deployment/none --timeout=1s")
    api.kubectl("wait --for=delete deployment/web --timeout=1s")
    api.kubectl("wait --for=condition=Ready pods --all --timeout=1s")


CREATED = {
    "clusterrole": "clusterrole tools --verb=get,list --resource=pods,deployments.apps/scale",
    "clusterrole-path": "clusterrole tools --verb=get --non-resource-url=/x/*",
    "clusterrolebinding": "clusterrolebinding x --clusterrole=view --user=a --group=b --serviceaccount=c:d",
    "configmap": "configmap x --from-literal=a=b --append-hash",
    "cronjob": "cronjob x --image=busybox --schedule='*/5 * * * *' -- date",
    "deployment": "deployment x --image=nginx --image=busybox --replicas=0 --port=80",
    "ingress": "ingress x --class=none --rule='a.example/b*=web:80,tls=cert' --default-backend=web:http",
    "job": "job x --image=busybox -- date",
    "namespace": "namespace tools",
    "poddisruptionbudget": "pdb x --selector=a=b --min-available=50%",
    "priorityclass": "priorityclass tools --value=7 --description=d --preemption-policy=Never",
    "quota": "quota x --hard=pods=2,services=1 --scopes=BestEffort",
    "role": "role x --verb=get --verb=watch --resource=pods --resource-name=a",
    "rolebinding": "rolebinding x --role=x --serviceaccount=a:b",
    "secret-docker": "secret docker-registry x --docker-username=a --docker-password=b --docker-server=c",
    "secret-generic": "secret generic x --type=my/type --from-literal=a=b",
    "service": "service clusterip x --clusterip=None --tcp=80",
    "serviceaccount": "serviceaccount x",
}


@pytest.mark.parametrize("command", CREATED.values(), ids=CREATED)
@contract
def test_create(api: Side, command: str) -> None:
    """What the server makes of each kind; said twice the second time fails."""
    api.kubectl(f"create {command} --dry-run=server -o yaml")
    api.kubectl(f"create {command} --dry-run=server --save-config --validate=strict")


@contract
def test_tokens(api: Side) -> None:
    """For an account, bound to an object, and for nobody."""
    api.kubectl("create serviceaccount x")
    api.record(
        "token", len(api.cluster.kubectl(["-n", api.ns, "create", "token", "x"], None).stdout.split("."))
    )
    api.kubectl("create token none")
    api.kubectl("create token x --bound-object-kind=Secret --bound-object-name=none")


@contract
def test_events_of_an_object(api: Side) -> None:
    """`kubectl events` by object and by type."""
    api.kubectl("apply -f -", WEB)
    api.kubectl("scale deployment/web --replicas=1")
    api.wait(
        api.path("events") + "?fieldSelector=involvedObject.kind=Deployment",
        "the Deployment's event",
        lambda body: body["items"],
    )
    api.kubectl("events --for deployment/web --no-headers")
    api.kubectl("events --for deployment/none")
    api.kubectl("events --types=Warning --for deployment/web")
    api.kubectl(
        "get events --field-selector involvedObject.kind=Deployment,reason=ScalingReplicaSet --no-headers"
    )


@contract
def test_lists_of_all_kinds(api: Side) -> None:
    """Deleting and labelling by selectors, over kinds; replace by force; a subresource shown."""
    api.kubectl("apply -f -", WEB + config_map("a"))
    api.kubectl("label configmaps,deployments --all tier=gold")
    api.kubectl("get all,configmaps -l tier=gold -o name")
    api.kubectl("replace --force -f -", config_map("a"))
    api.kubectl("get deployment web --subresource=scale")
    api.kubectl("delete configmaps,deployments -l tier=gold --cascade=foreground --wait=false")
    api.kubectl(
        "auth reconcile -f - --dry-run=client",
        '{"apiVersion":"rbac.authorization.k8s.io/v1","kind":"Role","metadata":{"name":"r"},"rules":[]}',
    )
    api.kubectl("auth can-i --list --no-headers --as=nobody")
    api.kubectl("cluster-info")
