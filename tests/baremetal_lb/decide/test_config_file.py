"""Which part of a file is the configuration, and what is said of a file that has none."""

import pytest

from baremetal_lb.decide.config_file import find_config
from baremetal_lb.model.errors import ConfigRejected
from baremetal_lb.model.objects import ObjectKey

WANTED = ObjectKey("lb", "config")
NAMESPACE = "apiVersion: v1\nkind: Namespace\nmetadata: {name: lb}\n"
METALLB = "apiVersion: metallb.io/v1beta1\n"
POOL = METALLB + "kind: IPAddressPool\nmetadata: {name: a}\nspec: {addresses: [10.0.0.0/24]}\n"


def manifest(name: str = "config", namespace: str = "lb", data: str = "{config: 'address-pools: []'}") -> str:
    return f"kind: ConfigMap\nmetadata: {{name: {name}, namespace: {namespace}}}\ndata: {data}\n"


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(manifest(), id="one"),
        pytest.param(f"{NAMESPACE}---\n{manifest()}---\n", id="with-its-namespace"),
        pytest.param(f"{manifest(name='other')}---\n{manifest()}", id="the-one-of-the-right-name"),
        pytest.param(f"{manifest(name='other', data='{x: y}')}---\n{manifest()}", id="the-one-with-the-key"),
        pytest.param(
            "kind: List\nitems:\n- {kind: ConfigMap, metadata: {name: config}, data: {config: "
            "'address-pools: []'}}\n",
            id="in-a-list",
        ),
    ],
)
def test_the_configuration_is_found_in_what_kubectl_would_apply(text):
    """Whatever else is in the file."""
    found = find_config(text, WANTED)
    assert (found.text, found.warnings) == ("address-pools: []", ())


def test_a_text_without_a_kind_is_the_configuration():
    """Its own parser says what is wrong with it."""
    assert find_config("adress-pools: []", WANTED).text == "adress-pools: []"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param(
            manifest(data="{config: 'a: ['}"), "data.config: line 2, column 1: not valid", id="inside"
        ),
        pytest.param("a: 1\na: 2", "line 2, column 1: the key 'a' is written twice", id="the-whole-file"),
        pytest.param(manifest(data="{config: 'pools: []'}"), "pools: is not a known key", id="with-a-path"),
    ],
)
def test_a_line_is_said_to_be_of_the_text_in_the_config_map(text, message):
    """Its first line is not the file's first."""
    with pytest.raises(ConfigRejected) as caught:
        find_config(text, WANTED).parsed()
    assert str(caught.value).startswith(message)


def test_a_config_map_that_the_controller_does_not_read_is_warned_of():
    """MetalLB's own has another namespace."""
    found = find_config(manifest(namespace="metallb-system"), WANTED)
    assert found.text == "address-pools: []"
    assert found.warnings == (
        "the controller reads ConfigMap lb/config, and this is metallb-system/config: "
        "rename it, or start controller and speakers with --namespace and --config-map",
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param("", "the file is empty; expected a ConfigMap with the key data.config, or", id="empty"),
        pytest.param("# nothing\n---\n", "the file is empty; expected a ConfigMap", id="comments"),
        pytest.param(
            NAMESPACE, "the file has 'Namespace'; expected a ConfigMap with the key", id="namespace"
        ),
        pytest.param(
            "kind: Configmap",
            "the file has 'Configmap'; expected a ConfigMap with the key data.config, or a "
            "configuration that begins with address-pools:; did you mean 'ConfigMap'?",
            id="misspelt-kind",
        ),
        pytest.param(
            POOL, "baremetal-lb migrate FILE -o configmap says the same in our words", id="metallb's"
        ),
        pytest.param(
            "address-pools:\n{{ range .Values.pools }}\n- x",
            "line 2: '{{ range .Values.pools }}' is a Helm template; expected YAML: helm template CHART | ",
            id="helm",
        ),
        pytest.param(
            manifest(data="{pools: x}"),
            "data.config: is required, as a text; ConfigMap lb/config has 'pools'",
            id="another-key",
        ),
        pytest.param("kind: ConfigMap", "data.config: is required, as a text", id="no-data"),
        pytest.param(
            manifest(data="{config: {address-pools: []}}"),
            "data.config: is a mapping; expected a text: write 'config: |'",
            id="no-text",
        ),
        pytest.param(
            f"{manifest('a')}---\n{manifest('b')}",
            "2 ConfigMaps have data.config: lb/a, lb/b; choose by --namespace and --config-map",
            id="two",
        ),
        pytest.param("kind: [", "line 2, column 1: not valid YAML", id="no-yaml"),
    ],
)
def test_a_file_without_a_configuration_says_what_it_is(text, message):
    """What was found, what was expected, and what to do."""
    with pytest.raises(ConfigRejected) as caught:
        find_config(text, WANTED)
    assert message in str(caught.value)
