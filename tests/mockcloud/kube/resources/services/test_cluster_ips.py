"""clusterIP, clusterIPs, ipFamilies and ipFamilyPolicy: what fits together, and what may change."""

import pytest

from mockcloud.kube.resources.services.service import SERVICE
from testkit import objects

ADDRESS = "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)"
CIDR = "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)"
BALANCER = {"type": "LoadBalancer"}


def service(name="web", /, **spec):
    return SERVICE.defaults(objects.service(name, **spec))


@pytest.mark.parametrize(
    ("spec", "text"),
    [
        pytest.param(
            {"clusterIP": "10.96"},
            [f'spec.clusterIPs[0]: Invalid value: "10.96": {ADDRESS}'],
            id="cluster-ip",
        ),
        pytest.param(
            {"clusterIPs": ["10.96.0.9"]},
            [
                'spec.clusterIPs: Invalid value: ["10.96.0.9"]: must be empty when `clusterIP` is not'
                " specified"
            ],
            id="plural-without-singular",
        ),
        pytest.param(
            {"clusterIP": "10.96.0.8", "clusterIPs": ["10.96.0.9"]},
            ['spec.clusterIPs: Invalid value: ["10.96.0.9"]: first value must match `clusterIP`'],
            id="singular-and-plural-differ",
        ),
        pytest.param(
            {"clusterIP": "None", "clusterIPs": ["None", "10.96.0.9"]},
            [
                'spec.clusterIPs: Invalid value: ["None","10.96.0.9"]: \'None\' must be the first and'
                " only value"
            ],
            id="none-and-another",
        ),
        pytest.param(
            {"clusterIP": "10.96.0.8", "clusterIPs": ["10.96.0.8", "10.96.0.9"]},
            [
                'spec.clusterIPs: Invalid value: ["10.96.0.8","10.96.0.9"]:'
                " may specify no more than one IP for each IP family"
            ],
            id="two-of-one-family",
        ),
        pytest.param(
            {"clusterIP": "10.96.0.8", "ipFamilies": ["IPv6"]},
            [
                'spec.clusterIPs[0]: Invalid value: "10.96.0.8": expected an IPv6 value as indicated'
                " by `ipFamilies[0]`"
            ],
            id="address-of-the-other-family",
        ),
        pytest.param(
            {"ipFamilyPolicy": "Foo"},
            [
                'spec.ipFamilyPolicy: Unsupported value: "Foo": supported values:'
                ' "PreferDualStack", "RequireDualStack", "SingleStack"'
            ],
            id="family-policy",
        ),
        pytest.param(
            {"ipFamilies": ["IPv5"]},
            ['spec.ipFamilies[0]: Unsupported value: "IPv5": supported values: "IPv4", "IPv6"'],
            id="family",
        ),
        pytest.param(
            {"ipFamilies": ["IPv4", "IPv4"]},
            ['spec.ipFamilies[1]: Duplicate value: "IPv4"'],
            id="family-twice",
        ),
    ],
)
def test_address_fields_that_do_not_fit(spec, text):
    """Table 5.5, text by text."""
    assert [str(cause) for cause in SERVICE.problems(service(**spec), None)] == text


STORED = {
    "clusterIP": "10.96.0.9",
    "clusterIPs": ["10.96.0.9"],
    "ipFamilies": ["IPv4"],
    "ipFamilyPolicy": "SingleStack",
}
DUAL = {
    "clusterIP": "10.96.0.9",
    "clusterIPs": ["10.96.0.9", "fd00::9"],
    "ipFamilies": ["IPv4", "IPv6"],
    "ipFamilyPolicy": "RequireDualStack",
}


@pytest.mark.parametrize(
    ("old", "new", "text"),
    [
        pytest.param(STORED, STORED, [], id="nothing"),
        pytest.param(STORED, {}, [], id="nothing-stated"),
        pytest.param(
            STORED,
            STORED | {"clusterIP": "10.96.0.10"},
            ['spec.clusterIPs[0]: Invalid value: ["10.96.0.10"]: may not change once set'],
            id="cluster-ip",
        ),
        pytest.param(STORED, STORED | {"clusterIP": ""}, [], id="emptied-cluster-ip-is-kept"),
        pytest.param(
            STORED,
            {"ipFamilies": ["IPv6"]},
            [
                'spec.clusterIPs[0]: Invalid value: "10.96.0.9":'
                " expected an IPv6 value as indicated by `ipFamilies[0]`"
            ],
            id="family",
        ),
        pytest.param(
            DUAL,
            DUAL | {"clusterIPs": ["10.96.0.9"], "ipFamilies": ["IPv4"]},
            [
                'spec.ipFamilyPolicy: Invalid value: "RequireDualStack":'
                " must be set to 'SingleStack' when releasing the secondary clusterIP",
                'spec.ipFamilyPolicy: Invalid value: "RequireDualStack":'
                " must be set to 'SingleStack' when releasing the secondary ipFamily",
            ],
            id="second-family-without-policy",
        ),
        pytest.param(
            STORED | BALANCER | {"loadBalancerClass": "a/b"},
            STORED | BALANCER | {"loadBalancerClass": "a/c"},
            ['spec.loadBalancerClass: Invalid value: "a/c": may not change once set'],
            id="class",
        ),
        pytest.param(
            STORED | BALANCER | {"externalTrafficPolicy": "Local", "healthCheckNodePort": 31000},
            STORED | BALANCER | {"externalTrafficPolicy": "Local", "healthCheckNodePort": 31001},
            ["spec.healthCheckNodePort: Forbidden: field is immutable"],
            id="health-check-port",
        ),
        pytest.param(
            STORED | BALANCER | {"loadBalancerClass": "a/b"},
            STORED | {"type": "NodePort", "loadBalancerClass": "a/b"},
            [],
            id="class-goes-with-the-type",
        ),
    ],
)
def test_service_updates(old, new, text):
    """What may change, and what is kept or wiped before anyone complains."""
    assert [str(cause) for cause in SERVICE.problems(service(**new), service(**old))] == text
