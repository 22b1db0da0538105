"""What is printed can be given to helm and kubectl as it is."""

import yaml

from baremetal_lb.decide.config_file import find_config
from baremetal_lb.decide.migration.output import config_map, config_text, values
from baremetal_lb.decide.migration.source import Source, of_text
from baremetal_lb.model.objects import ObjectKey

KEY = ObjectKey("lb", "config")
OLD = """
address-pools:
- {name: yes, protocol: layer2, addresses: [10.0.0.0/24], auto-assign: off, description: "a: b # c"}
"""


def test_a_configmap_says_what_the_source_says():
    """Our own reader finds the same pools in it, whatever their names look like."""
    source = of_text(OLD)
    found = find_config(config_map(source, KEY), KEY)
    assert found.warnings == ()
    (pool,) = found.parsed()
    assert (pool.name, pool.auto_assign, pool.description) == ("yes", False, "a: b # c")
    assert yaml.safe_load(config_text(source)) == source.config


def test_notes_come_first_as_comments():
    """So that they stay with the file."""
    source = Source({"address-pools": []}, ("one", "two"))
    assert values(source, "").startswith("# one\n# two\naddressPools:")
    assert config_map(source, KEY).startswith("# one\n# two\napiVersion: v1\nkind: ConfigMap\n")


def test_values_are_the_charts():
    """Pools alone are `addressPools`; with peers and the like all is `configInline`."""
    pools = [{"name": "a"}]
    assert yaml.safe_load(values(Source({"address-pools": pools}), "x/y")) == {
        "addressPools": pools,
        "loadBalancerClass": "x/y",
    }
    whole = {"address-pools": pools, "peers": []}
    assert yaml.safe_load(values(Source(whole), "")) == {"configInline": whole}
