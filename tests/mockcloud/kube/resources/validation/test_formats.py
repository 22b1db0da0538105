"""Names, labels, ports and addresses."""

import pytest

from mockcloud.kube.resources.validation import formats

QUALIFIED = (
    "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric"
    " character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is"
    " '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')"
)
SUBDOMAIN = (
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must"
    " start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is"
    r" '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"
)


@pytest.mark.parametrize(
    ("check", "value"),
    [
        pytest.param(formats.dns_1123_label, "123-abc", id="label"),
        pytest.param(formats.dns_1123_label, "a" * 63, id="label-of-63"),
        pytest.param(formats.dns_1123_subdomain, "a.b-c.d", id="subdomain"),
        pytest.param(formats.dns_1035_label, "abc-123", id="dns-1035"),
        pytest.param(formats.qualified_name, "MyName", id="qualified"),
        pytest.param(formats.qualified_name, "example.com/my_name", id="prefixed"),
        pytest.param(formats.label_value, "", id="empty-label-value"),
        pytest.param(formats.label_value, "A_b.c-9", id="label-value"),
        pytest.param(formats.config_key, "KEY_name.yaml", id="config-key"),
        pytest.param(formats.environment_name, "MY ENV-1", id="environment"),
        pytest.param(formats.percent, "25%", id="percent"),
        pytest.param(formats.port_name, "http-2", id="port-name"),
        pytest.param(formats.address, "2001:db8::1", id="ipv6"),
        pytest.param(formats.address, "010.0.0.001", id="leading-zeros-as-upstream"),
        pytest.param(formats.network, "10.9.8.7/24", id="network-with-host-bits"),
        pytest.param(formats.endpoint_address, "192.0.2.1", id="endpoint"),
    ],
)
def test_well_formed(check, value):
    """Nothing to complain about."""
    assert check(value) == []


@pytest.mark.parametrize(
    ("check", "value", "complaints"),
    [
        pytest.param(formats.dns_1123_label, "a.b", ["must not contain dots"], id="dots"),
        pytest.param(formats.dns_1123_subdomain, "A", [SUBDOMAIN], id="upper-case"),
        pytest.param(
            formats.dns_1123_subdomain,
            "a" * 254,
            ["must be no more than 253 characters"],
            id="long-subdomain",
        ),
        pytest.param(
            formats.qualified_name,
            "",
            ["name part must be non-empty", f"name part {QUALIFIED}"],
            id="empty-name",
        ),
        pytest.param(formats.qualified_name, "/a", ["prefix part must be non-empty"], id="empty-prefix"),
        pytest.param(formats.qualified_name, "A/a", [f"prefix part {SUBDOMAIN}"], id="bad-prefix"),
        pytest.param(
            formats.qualified_name,
            "a/b/c",
            [
                f"a qualified name {QUALIFIED} with an optional DNS subdomain prefix and '/'"
                " (e.g. 'example.com/MyName')"
            ],
            id="two-slashes",
        ),
        pytest.param(formats.config_key, "..", ["must not be '..'"], id="parent"),
        pytest.param(formats.config_key, "..a", ["must not start with '..'"], id="dots-first"),
        pytest.param(
            formats.environment_name, "", ["environment variable name must be non-empty"], id="no-name"
        ),
        pytest.param(formats.port_number, 0, ["must be between 1 and 65535, inclusive"], id="port-0"),
        pytest.param(formats.port_name, "80", ["must contain at least one letter (a-z)"], id="digits"),
        pytest.param(
            formats.port_name,
            "-A--",
            [
                "must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)",
                "must contain at least one letter (a-z)",
                "must not contain consecutive hyphens",
                "must not begin or end with a hyphen",
            ],
            id="everything-wrong",
        ),
        pytest.param(
            formats.endpoint_address,
            "169.254.1.1",
            ["may not be in the link-local range (169.254.0.0/16, fe80::/10)"],
            id="link-local",
        ),
        pytest.param(
            formats.endpoint_address,
            "224.0.0.1",
            ["may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)"],
            id="multicast",
        ),
        pytest.param(formats.endpoint_address, "::", ["may not be unspecified (::)"], id="unspecified"),
        pytest.param(
            formats.network,
            "10.0.0.0/33",
            ["must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)"],
            id="prefix-too-long",
        ),
    ],
)
def test_malformed(check, value, complaints):
    """Each complaint in upstream's words."""
    assert check(value) == complaints


def test_targets_are_numbers_or_names():
    """A targetPort is either."""
    assert formats.port_number_or_name("http") == []
    assert formats.port_number_or_name(80) == []
    assert formats.port_number_or_name(70000) == ["must be between 1 and 65535, inclusive"]
