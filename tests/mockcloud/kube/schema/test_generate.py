"""The committed definitions are what the installed client's models say."""

from importlib import resources

import pytest

from mockcloud.kube.schema import generate, hints


def test_committed_definitions_are_what_the_generator_writes():
    """An upgrade of the kubernetes package must come with a regenerated file."""
    committed = resources.files("mockcloud.kube.schema").joinpath("definitions.json").read_bytes()
    assert committed == generate.generated(), "run: python -m mockcloud.kube.schema.generate"


@pytest.mark.parametrize(
    ("model", "name"),
    [
        pytest.param("V1ServicePort", "io.k8s.api.core.v1.ServicePort", id="core"),
        pytest.param("V1DeploymentSpec", "io.k8s.api.apps.v1.DeploymentSpec", id="apps"),
        pytest.param(
            "V1RollingUpdateDeployment", "io.k8s.api.apps.v1.RollingUpdateDeployment", id="apps-part"
        ),
        pytest.param("V1ObjectMeta", "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta", id="meta"),
        pytest.param("V1EndpointSlice", "io.k8s.api.discovery.v1.EndpointSlice", id="discovery"),
        pytest.param("V1EndpointSubset", "io.k8s.api.core.v1.EndpointSubset", id="core-like-discovery"),
        pytest.param("DiscoveryV1EndpointPort", "io.k8s.api.discovery.v1.EndpointPort", id="prefixed"),
        pytest.param("CoreV1Event", "io.k8s.api.core.v1.Event", id="core-event"),
        pytest.param("EventsV1Event", "io.k8s.api.events.v1.Event", id="events-event"),
        pytest.param("V1LeaseSpec", "io.k8s.api.coordination.v1.LeaseSpec", id="coordination"),
        pytest.param("V1ScaleIOVolumeSource", "io.k8s.api.core.v1.ScaleIOVolumeSource", id="not-a-scale"),
    ],
)
def test_models_map_to_upstream_names(model, name):
    """kubectl explain and Go's error texts show the upstream names."""
    assert generate.upstream_name(model) == name


def test_every_hint_names_a_field_that_is_generated():
    """A hint for a field that is gone would be dead weight."""
    from mockcloud.kube.schema.definitions import definition, kinds

    seen, waiting = set(), list(kinds().values())
    fields = set()
    while waiting:
        struct = definition(waiting.pop())
        if struct is None or struct.name in seen:
            continue
        seen.add(struct.name)
        for name, field in struct.fields.items():
            fields.add(f"{struct.name.rsplit('.', 1)[1]}.{name}")
            waiting.append(field.type.removeprefix("[]").removeprefix("map[").removesuffix("]"))
    hinted = {path for hint in hints.HINTS for path in hint.of.split()}
    assert sorted((hinted | hints.QUANTITIES | hints.WIDE_INTEGERS) - fields) == []
