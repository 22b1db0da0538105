"""Real objects of the API with something wrong in them: what hypothesis makes of the examples here."""

import copy
from typing import Any

from hypothesis import strategies as st

Object = dict[str, Any]
META = {
    "name": "one", "namespace": "default", "uid": "u-1", "resourceVersion": "7", "generation": 2,
    "creationTimestamp": "2026-11-30T10:00:00Z", "labels": {"app": "web"}, "annotations": {"a": "b"},
    "ownerReferences": [
        {"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "web", "uid": "u-2", "controller": True}
    ],
    "finalizers": ["example.com/f"],
}  # fmt: skip
CONDITIONS = [{"type": "Ready", "status": "True", "lastTransitionTime": "2026-11-30T10:00:01Z"}]
CONTAINER = {
    "name": "c", "image": "nginx", "ports": [{"name": "http", "containerPort": 80, "protocol": "TCP"}],
    "env": [{"name": "A", "valueFrom": {"fieldRef": {"fieldPath": "status.podIP"}}}],
    "envFrom": [{"configMapRef": {"name": "c"}, "prefix": "P_"}],
    "resources": {"limits": {"cpu": "100m", "memory": "64Mi"}, "requests": {"cpu": "100m"}},
    "readinessProbe": {"httpGet": {"path": "/", "port": "http"}, "periodSeconds": 1},
    "volumeMounts": [{"name": "v", "mountPath": "/v", "subPath": "x"}],
}  # fmt: skip
TEMPLATE = {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [CONTAINER]}}
SELECTOR = {
    "matchLabels": {"app": "web"},
    "matchExpressions": [{"key": "app", "operator": "In", "values": ["web"]}],
}

EXAMPLES: dict[str, Object] = {
    "Pod": {
        "metadata": META,
        "spec": {
            "nodeName": "node-1", "hostname": "h", "subdomain": "s", "restartPolicy": "Always",
            "terminationGracePeriodSeconds": 30, "containers": [CONTAINER], "initContainers": [CONTAINER],
            "hostAliases": [{"ip": "10.0.0.1", "hostnames": ["x"]}], "dnsPolicy": "ClusterFirst",
            "dnsConfig": {"nameservers": ["10.96.0.10"], "options": [{"name": "ndots", "value": "5"}]},
            "tolerations": [
                {"key": "node.kubernetes.io/unreachable", "operator": "Exists", "tolerationSeconds": 300}
            ],
            "nodeSelector": {"a": "b"},
            "volumes": [
                {"name": "v", "configMap": {"name": "c", "items": [{"key": "k", "path": "p"}]}},
                {"name": "w", "persistentVolumeClaim": {"claimName": "p"}},
            ],
        },
        "status": {
            "phase": "Running", "podIP": "10.244.1.2", "podIPs": [{"ip": "10.244.1.2"}],
            "conditions": CONDITIONS,
            "containerStatuses": [{"name": "c", "restartCount": 1, "containerID": "x://1"}],
        },
    },
    "Node": {
        "metadata": {**META, "namespace": ""},
        "spec": {
            "podCIDR": "10.244.2.0/24", "podCIDRs": ["10.244.2.0/24", "fd00:10:244:2::/64"],
            "taints": [{"key": "k", "value": "v", "effect": "NoSchedule"}], "unschedulable": True,
        },
        "status": {
            "addresses": [
                {"type": "InternalIP", "address": "192.168.10.12"},
                {"type": "InternalIP", "address": "fd00:10::12"},
                {"type": "Hostname", "address": "node-2"},
            ],
            "conditions": CONDITIONS,
        },
    },
    "Service": {
        "metadata": {**META, "annotations": {"metallb.io/loadBalancerIPs": "192.168.10.200"}},
        "spec": {
            "type": "LoadBalancer", "clusterIP": "10.96.0.5", "clusterIPs": ["10.96.0.5", "fd00:10:96::5"],
            "ipFamilies": ["IPv4", "IPv6"], "ipFamilyPolicy": "PreferDualStack",
            "externalIPs": ["192.168.10.77"], "selector": {"app": "web"},
            "ports": [
                {"name": "http", "port": 80, "targetPort": "http", "protocol": "TCP", "nodePort": 30080},
                {"name": "dns", "port": 53, "targetPort": 53, "protocol": "UDP", "nodePort": 30053},
            ],
            "sessionAffinity": "ClientIP", "sessionAffinityConfig": {"clientIP": {"timeoutSeconds": 10}},
            "loadBalancerSourceRanges": ["10.0.0.0/8"], "externalTrafficPolicy": "Local",
            "internalTrafficPolicy": "Local", "healthCheckNodePort": 30081,
            "trafficDistribution": "PreferClose",
        },
        "status": {
            "loadBalancer": {"ingress": [{"ip": "192.168.10.200", "ipMode": "VIP"}]},
            "conditions": [{"type": "baremetal-lb.io/Announced", "status": "True", "reason": "R"}],
        },
    },
    "EndpointSlice": {
        "metadata": {**META, "labels": {"kubernetes.io/service-name": "one"}},
        "addressType": "IPv4",
        "ports": [{"name": "http", "port": 8080, "protocol": "TCP", "appProtocol": "x"}],
        "endpoints": [
            {
                "addresses": ["10.244.1.2"], "conditions": {"ready": True, "serving": True}, "hostname": "h",
                "nodeName": "node-1", "zone": "z", "hints": {"forZones": [{"name": "z"}]},
                "targetRef": {"kind": "Pod", "name": "p"},
            }
        ],
    },
    "Endpoints": {
        "metadata": META,
        "subsets": [
            {"addresses": [{"ip": "10.244.1.2", "nodeName": "n"}], "ports": [{"name": "a", "port": 80}]}
        ],
    },
    "Deployment": {
        "metadata": {**META, "annotations": {"deployment.kubernetes.io/revision": "3"}},
        "spec": {
            "replicas": 3, "selector": SELECTOR, "template": TEMPLATE, "revisionHistoryLimit": 10,
            "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": "25%", "maxUnavailable": 1}},
        },
        "status": {
            "replicas": 3, "conditions": [{**CONDITIONS[0], "lastUpdateTime": "2026-11-30T10:00:01Z"}],
        },
    },
    "ReplicaSet": {
        "metadata": META,
        "spec": {"replicas": 3, "selector": SELECTOR, "template": TEMPLATE, "minReadySeconds": 1},
        "status": {"replicas": 3, "readyReplicas": 3, "availableReplicas": 3, "observedGeneration": 2},
    },
    "StatefulSet": {
        "metadata": META,
        "spec": {
            "replicas": 3, "ordinals": {"start": 1}, "serviceName": "s", "selector": SELECTOR,
            "template": TEMPLATE,
            "updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"partition": 1}},
            "volumeClaimTemplates": [{"metadata": {"name": "v"}, "spec": {}}],
            "persistentVolumeClaimRetentionPolicy": {"whenDeleted": "Delete", "whenScaled": "Retain"},
        },
        "status": {"currentRevision": "a", "updateRevision": "b", "collisionCount": 1},
    },
    "ControllerRevision": {"metadata": META, "revision": 3, "data": {"spec": {"template": TEMPLATE}}},
    "PersistentVolumeClaim": {
        "metadata": META,
        "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}},
        "status": {"phase": "Bound"},
    },
    "Lease": {
        "metadata": {**META, "namespace": "kube-node-lease"},
        "spec": {"leaseDurationSeconds": 8, "renewTime": "2026-11-30T10:00:00.000000Z"},
    },
    "Namespace": {"metadata": {**META, "namespace": ""}, "status": {"phase": "Active"}},
    "ServiceAccount": {"metadata": META},
    "ConfigMap": {"metadata": META, "data": {"config": "address-pools: []", "k": "v"}},
    "Secret": {"metadata": META, "type": "Opaque", "data": {"k": "dg=="}},
    "ServiceCIDR": {"metadata": {**META, "namespace": ""}, "spec": {"cidrs": ["10.96.0.0/16"]}},
}  # fmt: skip

ODD = st.sampled_from(
    [None, "", "localhost", "999.1.1.1", "fe80::1%eth0", "0.0.0.0/0", "::/0", "1.2.3.4/40", "None",
     "x" * 300, "a\nb", "\u0000", "-1", "25.5%", "2026-13-45T99:00:00Z", -1, 0, 65536, 2**63, 1e300, True,
     False, [], {}, [None],
     [[]], [{}], {"": ""}, {"a": None}, ["x"], "\udcff"]
)  # fmt: skip


def places(value: Any, path: tuple = ()) -> list[tuple]:
    """Every place in an object, as a path."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [
        *([path] if path else []),
        *(place for key, each in inner for place in places(each, (*path, key))),
    ]


# Who an object is: the API itself sees to it, and informers know objects by it.
IDENTITY = [("metadata",), ("metadata", "name"), ("metadata", "namespace"), ("metadata", "uid")]
IDENTITY += [("metadata", "resourceVersion")]


@st.composite
def odd_objects(draw: st.DrawFn, kind: str) -> Object:
    """An object of the kind with one to three places missing, or with something odd in them."""
    obj = copy.deepcopy(EXAMPLES[kind])
    for _ in range(draw(st.integers(1, 3))):
        choices = [place for place in places(obj) if place not in IDENTITY]
        if not choices:
            break
        *path, last = draw(st.sampled_from(choices))
        holder = obj
        for step in path:
            holder = holder[step]
        if draw(st.booleans()):
            holder[last] = copy.deepcopy(draw(ODD))
        else:
            del holder[last]
    return obj
