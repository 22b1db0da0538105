"""Every row of kubernetes.md table 5.5 that is not about cluster IPs."""

import pytest

from mockcloud.kube.resources.services.service import SERVICE
from testkit import objects

LABEL = (
    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or"
    " '-', and must start and end"
    " with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is"
    " '[a-z0-9]([-a-z0-9]*[a-z0-9])?')"
)
DNS_1035 = (
    "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic"
    " character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123',"
    " regex used for validation"
    " is '[a-z]([-a-z0-9]*[a-z0-9])?')"
)
ADDRESS = "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)"
CIDR = "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)"
ONLY_LOAD_BALANCER = "Forbidden: may only be used when `type` is 'LoadBalancer'"
BALANCER = {"type": "LoadBalancer"}


def service(name="web", /, **spec):
    return SERVICE.defaults(objects.service(name, **spec))


def port(**fields):
    return {"ports": [{"port": 80, **fields}]}


def ports(*each):
    return {"ports": [dict(fields) for fields in each]}


@pytest.mark.parametrize(
    ("spec", "text"),
    [
        pytest.param({}, [], id="right"),
        pytest.param({"ports": []}, ["spec.ports: Required value"], id="no-ports"),
        pytest.param({"ports": [], "clusterIP": "None"}, [], id="headless-needs-no-ports"),
        pytest.param(
            {"ports": [], "type": "ExternalName", "externalName": "db.example.com."}, [], id="external-name"
        ),
        pytest.param(
            ports({"port": 0, "targetPort": 80}),
            ["spec.ports[0].port: Invalid value: 0: must be between 1 and 65535, inclusive"],
            id="port-0",
        ),
        pytest.param(
            ports({"port": 65536, "targetPort": 80}),
            ["spec.ports[0].port: Invalid value: 65536: must be between 1 and 65535, inclusive"],
            id="port-too-high",
        ),
        pytest.param(
            port(targetPort=70000),
            ["spec.ports[0].targetPort: Invalid value: 70000: must be between 1 and 65535, inclusive"],
            id="target-port-too-high",
        ),
        pytest.param(
            port(targetPort="a-name-too-long-for-it"),
            [
                'spec.ports[0].targetPort: Invalid value: "a-name-too-long-for-it": must be no more'
                " than 15 characters"
            ],
            id="target-port-name",
        ),
        pytest.param(
            ports({"port": 80}, {"port": 81}),
            ["spec.ports[0].name: Required value", "spec.ports[1].name: Required value"],
            id="two-ports-without-names",
        ),
        pytest.param(
            ports({"port": 80, "name": "a"}, {"port": 81, "name": "a"}),
            ['spec.ports[1].name: Duplicate value: "a"'],
            id="same-name",
        ),
        pytest.param(
            ports({"port": 80, "name": "a"}, {"port": 80, "name": "b"}),
            [
                'spec.ports[1]: Duplicate value: {"Name":"","Protocol":"TCP","AppProtocol":null,"Port":80,'
                '"TargetPort":0,"NodePort":0}'
            ],
            id="same-port-and-protocol",
        ),
        pytest.param(
            ports({"port": 53, "name": "a"}, {"port": 53, "name": "b", "protocol": "UDP"}),
            [],
            id="tcp-and-udp",
        ),
        pytest.param(
            ports({"port": 80, "name": "Web_1"}),
            [f'spec.ports[0].name: Invalid value: "Web_1": {LABEL}'],
            id="port-name",
        ),
        pytest.param(
            ports({"port": 80, "name": "a" * 64}),
            [f'spec.ports[0].name: Invalid value: "{"a" * 64}": must be no more than 63 characters'],
            id="port-name-too-long",
        ),
        pytest.param(
            port(protocol="ICMP"),
            ['spec.ports[0].protocol: Unsupported value: "ICMP": supported values: "SCTP", "TCP", "UDP"'],
            id="protocol",
        ),
        pytest.param(
            port(nodePort=30080),
            ["spec.ports[0].nodePort: Forbidden: may not be used when `type` is 'ClusterIP'"],
            id="node-port-on-cluster-ip",
        ),
        pytest.param(
            {"type": "NodePort"}
            | ports(
                {"port": 80, "name": "a", "nodePort": 30080}, {"port": 81, "name": "b", "nodePort": 30080}
            ),
            ["spec.ports[1].nodePort: Duplicate value: 30080"],
            id="same-node-port",
        ),
        pytest.param(
            {"clusterIP": "None"} | BALANCER,
            [
                "spec.clusterIPs[0]: Invalid value: \"None\": may not be set to 'None' for"
                " LoadBalancer services"
            ],
            id="headless-load-balancer",
        ),
        pytest.param(
            {"clusterIP": "None", "type": "NodePort"},
            ["spec.clusterIPs[0]: Invalid value: \"None\": may not be set to 'None' for NodePort services"],
            id="headless-node-port",
        ),
        pytest.param(
            {"healthCheckNodePort": 31000} | BALANCER,
            [
                "spec.healthCheckNodePort: Invalid value: 31000: may only be set when `type` is"
                " 'LoadBalancer'"
                " and `externalTrafficPolicy` is 'Local'"
            ],
            id="health-check-port-on-cluster-policy",
        ),
        pytest.param(
            {"externalTrafficPolicy": "Local"},
            [
                'spec.externalTrafficPolicy: Invalid value: "Local":'
                " may only be set for externally-accessible services"
            ],
            id="external-policy-on-cluster-ip",
        ),
        pytest.param(
            {"externalTrafficPolicy": "Local", "externalIPs": ["192.0.2.1"]},
            [],
            id="external-ips-are-external",
        ),
        pytest.param(
            {"loadBalancerSourceRanges": ["10.0.0.0/8"]},
            [f"spec.LoadBalancerSourceRanges: {ONLY_LOAD_BALANCER}"],
            id="source-ranges-on-cluster-ip",
        ),
        pytest.param(
            {"loadBalancerClass": "a.b/c"},
            [f"spec.loadBalancerClass: {ONLY_LOAD_BALANCER}"],
            id="class-on-cluster-ip",
        ),
        pytest.param(
            {"allocateLoadBalancerNodePorts": True},
            [f"spec.allocateLoadBalancerNodePorts: {ONLY_LOAD_BALANCER}"],
            id="allocate-on-cluster-ip",
        ),
        pytest.param(
            {"loadBalancerSourceRanges": [" 10.0.0.0/8", "10.0.0.0"]} | BALANCER,
            [f'spec.LoadBalancerSourceRanges[1]: Invalid value: "10.0.0.0": {CIDR}'],
            id="bad-cidr",
        ),
        pytest.param(
            {"externalIPs": ["x"]},
            [f'spec.externalIPs[0]: Invalid value: "x": {ADDRESS}'],
            id="bad-external-ip",
        ),
        pytest.param(
            {"externalIPs": ["0.0.0.0"]},
            ['spec.externalIPs[0]: Invalid value: "0.0.0.0": may not be unspecified (0.0.0.0)'],
            id="unspecified-external-ip",
        ),
        pytest.param(
            {"externalIPs": ["127.0.0.1"]},
            [
                'spec.externalIPs[0]: Invalid value: "127.0.0.1":'
                " may not be in the loopback range (127.0.0.0/8, ::1/128)"
            ],
            id="loopback-external-ip",
        ),
        pytest.param(
            {"sessionAffinity": "ClientIP", "sessionAffinityConfig": {"clientIP": {"timeoutSeconds": 90000}}},
            [
                "spec.sessionAffinityConfig.clientIP.timeoutSeconds: Invalid value: 90000:"
                " must be greater than 0 and less than 86400"
            ],
            id="affinity-timeout",
        ),
        pytest.param(
            {"sessionAffinity": "ClientIP", "sessionAffinityConfig": {"clientIP": {"timeoutSeconds": 86400}}},
            [],
            id="affinity-timeout-of-a-day",
        ),
        pytest.param(
            {"sessionAffinity": "Foo"},
            ['spec.sessionAffinity: Unsupported value: "Foo": supported values: "ClientIP", "None"'],
            id="affinity",
        ),
        pytest.param(
            {"type": "Foo"},
            [
                'spec.type: Unsupported value: "Foo": supported values:'
                ' "ClusterIP", "ExternalName", "LoadBalancer", "NodePort"'
            ],
            id="type",
        ),
        pytest.param(
            {"externalTrafficPolicy": "Foo"} | BALANCER,
            ['spec.externalTrafficPolicy: Unsupported value: "Foo": supported values: "Cluster", "Local"'],
            id="external-policy",
        ),
        pytest.param(
            {"internalTrafficPolicy": "Foo"},
            ['spec.internalTrafficPolicy: Unsupported value: "Foo": supported values: "Cluster", "Local"'],
            id="internal-policy",
        ),
        pytest.param(
            {"trafficDistribution": "Foo"},
            [
                'spec.trafficDistribution: Unsupported value: "Foo": supported values:'
                ' "PreferClose", "PreferSameZone", "PreferSameNode"'
            ],
            id="traffic-distribution",
        ),
        pytest.param(
            {"type": "ExternalName"}, ["spec.externalName: Required value"], id="external-name-without-name"
        ),
        pytest.param(
            {"type": "ExternalName", "externalName": "a.b", "clusterIP": "10.96.0.9"},
            ["spec.clusterIPs: Forbidden: may not be set for ExternalName services"],
            id="external-name-with-address",
        ),
        pytest.param(
            {
                "type": "ExternalName",
                "externalName": "a.b",
                "ipFamilyPolicy": "SingleStack",
                "ipFamilies": ["IPv4"],
            },
            [
                "spec.ipFamilies: Forbidden: may not be set for ExternalName services",
                "spec.ipFamilyPolicy: Forbidden: may not be set for ExternalName services",
            ],
            id="external-name-with-families",
        ),
        pytest.param(
            {"selector": {"app": "-x"}},
            [
                'spec.selector: Invalid value: "-x": a valid label must be an empty string or consist'
                " of alphanumeric"
                " characters, '-', '_' or '.', and must start and end with an alphanumeric character"
                " (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is"
                " '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')"
            ],
            id="selector",
        ),
    ],
)
def test_service_specs(spec, text):
    """Table 5.5, text by text."""
    assert [str(cause) for cause in SERVICE.problems(service(**spec), None)] == text


@pytest.mark.parametrize(
    ("name", "text"),
    [
        pytest.param("1web", [f'metadata.name: Invalid value: "1web": {DNS_1035}'], id="starts-with-a-digit"),
        pytest.param(
            "w" * 64,
            [f'metadata.name: Invalid value: "{"w" * 64}": must be no more than 63 characters'],
            id="too-long",
        ),
        pytest.param("", ["metadata.name: Required value: name or generateName is required"], id="none"),
    ],
)
def test_service_names(name, text):
    """A Service's name becomes a DNS label."""
    assert [str(cause) for cause in SERVICE.problems(service(name), None)] == text


@pytest.mark.parametrize(
    ("entry", "text"),
    [
        pytest.param({"ip": "192.0.2.1"}, [], id="defaulted-to-vip"),
        pytest.param({"ip": "x"}, [f'[0].ip: Invalid value: "x": {ADDRESS}'], id="bad-ip"),
        pytest.param(
            {"hostname": "a.b", "ipMode": "VIP"},
            ["[0].ipMode: Forbidden: may not be specified when `ip` is not set"],
            id="mode-without-ip",
        ),
        pytest.param(
            {"ip": "192.0.2.1", "ipMode": "Foo"},
            ['[0].ipMode: Unsupported value: "Foo": supported values: "Proxy", "VIP"'],
            id="mode",
        ),
        pytest.param(
            {"hostname": "192.0.2.1"},
            ['[0].hostname: Invalid value: "192.0.2.1": must be a DNS name, not an IP address'],
            id="hostname-that-is-an-ip",
        ),
    ],
)
def test_load_balancer_ingress(entry, text):
    """kubernetes.md 3.6."""
    obj = service(**BALANCER)
    obj = SERVICE.defaults({**obj, "status": {"loadBalancer": {"ingress": [entry]}}})
    found = [str(cause).removeprefix("status.loadBalancer.ingress") for cause in SERVICE.problems(obj, None)]
    assert found == text


def test_only_a_load_balancer_may_report_ingress():
    """A status write is refused; a write of the spec that leaves the type wipes it instead."""
    reported = {"loadBalancer": {"ingress": [{"ip": "192.0.2.1", "ipMode": "VIP"}]}}
    stored = service(type="NodePort")
    text = "status.loadBalancer.ingress: Forbidden: may only be used when `spec.type` is 'LoadBalancer'"
    assert [str(cause) for cause in SERVICE.problems({**stored, "status": reported}, stored)] == [text]
    balancer = {**service(**BALANCER), "status": reported}
    assert SERVICE.problems({**balancer, "spec": stored["spec"]}, balancer) == []
