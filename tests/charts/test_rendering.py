"""Every documented way to install gives objects that a strict API takes; mistakes are told in clear words."""

from __future__ import annotations

import base64
import json
import shutil

import pytest

from testkit.chart import CHART, helm
from testkit.chart.manifest import objects
from tests.charts.strict import problems

POOL = {"name": "lan", "protocol": "layer2", "addresses": ["192.168.10.200-192.168.10.250"]}
POOLS = ("--set-json", f"addressPools={json.dumps([POOL])}")
WAYS = {
    "nothing": (),
    "pools": POOLS,
    "existing ConfigMap": ("--set", "existingConfigMap=mine"),
    "MetalLB's configInline": (
        "--set-json",
        'configInline={"address-pools":[{"name":"a","protocol":"bgp","addresses":["10.0.0.0/24"]}],'
        '"peers":[{"peer-address":"10.0.0.1","peer-asn":64501,"my-asn":64500}]}',
    ),
    "a class, its own ports": (
        *("--set", "loadBalancerClass=example.com/lab", "--set", "prometheus.metricsPort=7958"),
        *("--set", "speaker.memberlist.mlBindPort=7957"),
    ),
    "no heartbeats": ("--set", "speaker.memberlist.enabled=false"),
    "no speakers": ("--set", "speaker.enabled=false"),
    "replicas replaced all at once, speakers by hand": (
        *("--set", "controller.strategy.type=Recreate", "--set", "speaker.updateStrategy.type=OnDelete"),
    ),
    "a class that is no object's name": ("--set", "loadBalancerClass=example.com/Lab_1"),
    "names that YAML reads as numbers": (
        *("--namespace", "7", "--set-string", "existingConfigMap=1"),
        *("--set-string", "nameOverride=3", "--set-string", "statusNamespace.name=4"),
        *(
            "--set-string",
            "controller.serviceAccount.name=5",
            "--set-string",
            "speaker.serviceAccount.name=6",
        ),
        *("--set-string", "controller.priorityClassName=8", "--set-string", "controller.runtimeClassName=9"),
        *("--set-string", "loadBalancerClass=0", "--set-json", 'imagePullSecrets=[{"name":"10"}]'),
        *("--set", "prometheus.prometheusRule.enabled=true", "--set", "grafana.dashboard.enabled=true"),
        *("--set", "prometheus.podMonitor.enabled=true", "--set", "networkpolicies.enabled=true"),
    ),
    "a user other than 0": ("--set", "speaker.nonRoot=true"),
    "GitOps": ("--set", "speaker.memberlist.createKey=false"),
    "ServiceMonitors, alerts, dashboard": (
        *(
            "--set",
            "prometheus.serviceMonitor.enabled=true",
            "--set",
            "prometheus.prometheusRule.enabled=true",
        ),
        *("--set", "grafana.dashboard.enabled=true", "--set", "prometheus.serviceMonitor.interval=15s"),
    ),
    "PodMonitors": (
        "--set",
        "prometheus.podMonitor.enabled=true",
        "--set",
        "prometheus.podMonitor.annotations.a=b",
    ),
    "annotations for Prometheus": ("--set", "prometheus.scrapeAnnotations=true"),
    "network policy": ("--set", "networkpolicies.enabled=true"),
    "nothing of what may be left out": (
        *("--set", "rbac.create=false", "--set", "statusNamespace.create=false"),
        *("--set", "controller.serviceAccount.create=false", "--set", "speaker.serviceAccount.create=false"),
        *(
            "--set",
            "controller.podDisruptionBudget.enabled=false",
            "--set",
            "controller.livenessProbe.enabled=false",
        ),
    ),
    "everything of pods": (
        *("--set-json", 'controller.tolerations=[{"key":"a","operator":"Exists"}]'),
        *("--set-json", 'speaker.tolerations=[{"key":"a","operator":"Exists"}]'),
        *("--set-json", 'controller.affinity={"nodeAffinity":{}}', "--set", "speaker.nodeSelector.a=b"),
        *(
            "--set",
            "controller.runtimeClassName=r",
            "--set",
            "speaker.podAnnotations.a=b",
            "--set",
            "speaker.labels.a=b",
        ),
        *(
            "--set-json",
            'imagePullSecrets=[{"name":"s"}]',
            "--set",
            "controller.serviceCIDRs={10.96.0.0/16,fd00:10:96::/112}",
        ),
        *("--set", "controller.neverGive={192.168.10.1}", "--set", "speaker.interfaceExclude={^wlan.*}"),
        *("--set", "speaker.avoidCordoned=false", "--set", "speaker.ignoreExcludeLB=true"),
        *(
            "--set",
            "controller.extraArgs={--log-format=json}",
            "--set",
            "speaker.extraArgs={--rules-url=http://127.0.0.1:1}",
        ),
        *("--set", "controller.topologySpreadConstraints[0].maxSkew=1"),
        *("--set", "controller.topologySpreadConstraints[0].topologyKey=topology.kubernetes.io/zone"),
        *("--set", "controller.topologySpreadConstraints[0].whenUnsatisfiable=DoNotSchedule"),
    ),
}


def found(rendered: str, kind: str, name: str | None = None) -> list[dict]:
    return [
        each
        for each in objects(rendered)
        if each["kind"] == kind and name in (None, each["metadata"]["name"])
    ]


def container_owner(kind: str) -> str:
    return f"baremetal-lb-{'speaker' if kind == 'DaemonSet' else 'controller'}"


def container(rendered: str, kind: str) -> dict:
    (pod,) = found(rendered, kind, container_owner(kind))
    return pod["spec"]["template"]["spec"]["containers"][0]


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
def test_a_way_to_install_gives_valid_objects(render, way):
    """No unknown field, no wrong type, each object once, in a namespace where it belongs to one."""
    made = objects(render(*way))
    assert [fault for each in made for fault in problems(each)] == []
    names = [(each["kind"], each["metadata"].get("namespace"), each["metadata"]["name"]) for each in made]
    assert len(set(names)) == len(names)
    for each in made:
        cluster_wide = each["kind"] in ("Namespace", "ClusterRole", "ClusterRoleBinding")
        assert ("namespace" in each["metadata"]) is not cluster_wide, each["metadata"]


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
def test_helm_finds_nothing_to_say(helm_binary, way):
    """`helm lint --strict`."""
    done = helm.run(helm_binary, "lint", "--strict", CHART, *way)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--set", "controller.replica=3"), "replica"),
        (("--set", "speaker.memberlist.mlBindAddrOverride=x"), "mlBindAddrOverride"),
        (("--set", "controller.replicas=two"), "/controller/replicas"),
        (("--set", "speaker.logLevel=loud"), "/speaker/logLevel"),
        (("--set-json", 'addressPools=[{"name":"lan","addresses":["a"]}]'), "protocol"),
        (
            ("--set-json", 'addressPools=[{"name":"lan","protocol":"layer3","addresses":["a"]}]'),
            "/addressPools/0/protocol",
        ),
        (
            (
                "--set-json",
                'addressPools=[{"name":"lan","protocol":"layer2","addresses":["a"],"adresses":[]}]',
            ),
            "adresses",
        ),
        (("--set-json", 'addressPools="192.168.10.0/24"'), "/addressPools"),
        ((*POOLS, "--set", "existingConfigMap=mine"), "addressPools and existingConfigMap are given at once"),
        (("--set", "statusNamespace.name=baremetal-lb-system"), "in which nothing else lives"),
        (
            (
                "--set",
                "prometheus.serviceMonitor.enabled=true",
                "--set",
                "prometheus.podMonitor.enabled=true",
            ),
            "scraped twice",
        ),
        (("--kube-version", "1.28.0"), "1.28.0"),
        (("--set-string", "fullnameOverride=2"), 'named "2"'),
        *(
            (
                (
                    "--set",
                    f"{where}.rollingUpdate.maxSurge=0",
                    "--set",
                    f"{where}.rollingUpdate.maxUnavailable=0%",
                ),
                where,
            )
            for where in ("controller.strategy", "speaker.updateStrategy")
        ),
        (("--set", "loadBalancerClass=no class"), "/loadBalancerClass"),
        (("--set", "loadBalancerClass=Example.com/lab"), "/loadBalancerClass"),
    ],
)
def test_a_mistake_is_told_with_the_value_that_it_is_in(render, arguments, words):
    """Unknown keys, wrong types, and what contradicts each other."""
    with pytest.raises(helm.HelmError) as refusal:
        render(*arguments)
    assert words in str(refusal.value)


def test_pools_are_written_in_the_config_maps_own_keys(render, tmp_path):
    """And `check-config` accepts what comes out."""
    from baremetal_lb.decide.pools.parse import parse_config

    (config_map,) = found(render(*POOLS), "ConfigMap", "config")
    (pool,) = parse_config(config_map["data"]["config"]).pools
    assert pool.name == "lan"


def test_without_pools_there_is_no_config_map(render):
    """An admin may write one by hand, which Helm would refuse to have twice."""
    assert found(render(), "ConfigMap") == found(render(), "ConfigMap", "baremetal-lb-test")


def test_a_config_map_of_ones_own_is_what_both_read_and_may_read(render):
    """The chart makes none then."""
    rendered = render("--set", "existingConfigMap=mine")
    assert not found(rendered, "ConfigMap", "config")
    for kind in ("Deployment", "DaemonSet"):
        assert "--config-map=mine" in container(rendered, kind)["args"]
    for role in found(rendered, "Role"):
        for rule in role["rules"]:
            if rule["resources"] == ["configmaps"] and "resourceNames" in rule:
                assert rule["resourceNames"] == ["mine"]


@pytest.mark.parametrize(
    "name",
    [
        "",
        "example.com/lab",
        "Lab_1",
        "lab.-1",
        "0",
        "true",
        f"{'a' * 63}.b/{'c' * 63}",
        f"{'d' * 253}/E{'_' * 61}E",
    ],
)
def test_the_lease_is_the_one_that_the_controller_asks_for(render, name):
    """Whatever the class; and the controller may have that one, here and in other namespaces."""
    from baremetal_lb.settings import Settings

    rendered = render("--set-string", f"loadBalancerClass={name}")
    expected = Settings(load_balancer_class=name).lease_key.name
    (lease,) = found(rendered, "Lease")
    assert lease["metadata"]["name"] == expected
    rules = [
        rule for kind in ("Role", "ClusterRole") for role in found(rendered, kind) for rule in role["rules"]
    ]
    named = [
        each["resourceNames"] for each in rules if each["resources"] == ["leases"] and "resourceNames" in each
    ]
    assert named == [[expected]] * 2
    (service,) = found(rendered, "Service", "baremetal-lb-test")
    assert service["spec"].get("loadBalancerClass", "") == name


@pytest.mark.parametrize(
    ("kind", "value", "other"),
    [("Deployment", "controller.strategy", "Recreate"), ("DaemonSet", "speaker.updateStrategy", "OnDelete")],
)
def test_another_way_to_replace_pods_has_nothing_of_the_default_one(render, kind, value, other):
    """Helm merges the default's `rollingUpdate` into it; the API refuses that beside `Recreate`."""
    field = value.rpartition(".")[2]
    (made,) = found(render("--set", f"{value}.type={other}"), kind, container_owner(kind))
    assert made["spec"][field] == {"type": other}
    (made,) = found(render("--set", f"{value}.rollingUpdate.maxUnavailable=2"), kind, container_owner(kind))
    assert made["spec"][field]["rollingUpdate"]["maxUnavailable"] == 2


@pytest.mark.parametrize("way", ["speaker.memberlist.enabled=false", "speaker.enabled=false"])
@pytest.mark.parametrize("made_by", ["chart", "controller"])
def test_without_heartbeats_there_is_no_key_and_no_right_to_one(render, way, made_by):
    """The controller is told, and asks for none."""
    create = f"speaker.memberlist.createKey={str(made_by == 'chart').lower()}"
    rendered = render("--set", way, "--set", create)
    assert not found(rendered, "Secret")
    rules = [
        rule for kind in ("Role", "ClusterRole") for role in found(rendered, kind) for rule in role["rules"]
    ]
    assert [each for each in rules if "secrets" in each["resources"]] == []
    assert "--no-membership-key" in container(rendered, "Deployment")["args"]
    assert "--no-membership-key" not in container(render("--set", create), "Deployment")["args"]


def test_whoever_makes_the_roles_makes_all_of_them(render):
    """With `rbac.create=false` the chart needs no right to make any, not for `helm test` either."""
    rendered = render("--set", "rbac.create=false")
    kinds = {each["kind"] for each in objects(rendered)}
    assert not {each for each in kinds if "Role" in each}
    assert "ServiceAccount" in kinds


def test_the_key_is_one_that_speakers_can_read(render):
    """Made anew where Helm cannot look up the one that is there."""
    from baremetal_lb.kube.secrets import MEMBERSHIP, membership_key

    first, second = (found(render(), "Secret", MEMBERSHIP)[0] for _ in range(2))
    assert len(membership_key(first)) == 32
    assert membership_key(first) != membership_key(second)
    assert base64.b64decode(first["data"]["secretkey"])
    assert not found(render("--set", "speaker.memberlist.createKey=false"), "Secret")


def test_two_releases_have_no_object_in_common(helm_binary):
    """Not even where they have one name, in two namespaces."""

    def names(release: str, namespace: str) -> set[tuple]:
        done = helm.run(helm_binary, "template", release, CHART, "--namespace", namespace)
        return {
            (each["kind"], each["metadata"].get("namespace"), each["metadata"]["name"])
            for each in objects(done.stdout)
        }

    ours = names("baremetal-lb", "baremetal-lb-system")
    assert ours
    for other in (("baremetal-lb", "lab-lb"), ("lab", "lab-lb")):
        assert ours & names(*other) == set()


@pytest.mark.parametrize(
    ("way", "words"),
    [
        ((), "WARNING: there is no address pool"),
        (("--set", "existingConfigMap=mine"), "come from ConfigMap mine"),
        (POOLS, "Type next"),
        (("--set", "speaker.enabled=false"), "nobody announces them"),
    ],
)
def test_the_notes_say_what_to_type_next(helm_binary, tmp_path, way, words):
    """And warn where no Service would get an address."""
    chart = shutil.copytree(CHART, tmp_path / "chart")
    notes = (chart / "templates/NOTES.txt").read_text()  # which Helm shows only when it reaches a cluster
    shown = '\nkind: Notes\ntext: {{ include "notes" . | quote }}'
    (chart / "templates/notes.yaml").write_text(f'{{{{- define "notes" }}}}{notes}{{{{ end -}}}}{shown}')
    rendered = objects(helm.template(helm_binary, chart, *way))
    (told,) = [each["text"] for each in rendered if each["kind"] == "Notes"]
    assert words in told
    assert "Type next" in told
    assert ("there is no address pool" in told) is (not way or "speaker.enabled=false" in way)


@pytest.mark.parametrize(
    "namespace",
    [
        "baremetal-lb-system",
        "metallb-system",
        "lb",
        "lb-system",
        "n" * 63,
        f"{'n' * 52}---n-system",
        "n" * 47,
    ],
)
def test_reports_go_where_the_daemons_would_look_by_themselves(helm_binary, namespace):
    """So that `baremetal-lb status --namespace` finds them without another option."""
    from baremetal_lb.settings import Settings

    done = helm.run(helm_binary, "template", "baremetal-lb", CHART, "--namespace", namespace)
    (made,) = found(done.stdout, "Namespace")
    assert made["metadata"]["name"] == Settings(namespace=namespace).status_namespace


@pytest.mark.parametrize(
    "old",
    [
        "address-pools: [{name: yes, protocol: layer2, addresses: [10.0.0.0/24], auto-assign: off}]",
        "address-pools: [{name: 10, protocol: layer2, addresses: [10.0.0.0/24], cooldown: 30}]",
        "address-pools:\n"
        "- {name: a, protocol: bgp, addresses: [10.0.0.0/24], bgp-advertisements: [{localpref: 1}]}\n"
        "peers: [{peer-address: 10.0.0.1, peer-asn: 64501, my-asn: 64500, hold-time: 30s}]\n"
        "bgp-communities: {a: 64512:1}",
    ],
)
def test_what_migrate_prints_as_values_says_the_same_by_the_chart(render, tmp_path, old):
    """Whatever the old ConfigMap's YAML looks like, the same pools come out of the chart's."""
    from baremetal_lb.decide.migration.output import config_text, values
    from baremetal_lb.decide.migration.source import of_text
    from baremetal_lb.decide.pools.parse import parse_config

    file, source = tmp_path / "values.yaml", of_text(old)
    file.write_text(values(source, ""))
    (config_map,) = found(render("--values", str(file)), "ConfigMap", "config")
    assert parse_config(config_map["data"]["config"]) == parse_config(config_text(source))
