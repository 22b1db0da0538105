"""What a cluster has of itself before anybody has made anything."""

from typing import Any

from conformance.harness.contract import contract
from conformance.harness.side import Side

FLOW = "/apis/flowcontrol.apiserver.k8s.io/v1"
KEPT = ("labels", "annotations")
NAMED = "contract"


def _told(item: dict[str, Any]) -> dict[str, Any]:
    """What does not differ from one cluster to the next."""
    metadata = {key: item["metadata"][key] for key in KEPT if key in item["metadata"]}
    conditions = [
        {key: value for key, value in each.items() if key != "lastTransitionTime"}
        for each in item.get("status", {}).get("conditions", [])
    ]
    return {"metadata": metadata, "spec": item["spec"], "conditions": conditions}


def _all(api: Side, label: str, path: str) -> None:
    found = api.quietly("GET", path).body["items"]
    whole = {each["metadata"]["name"]: _told(each) for each in found if NAMED not in each["metadata"]["name"]}
    for name, told in whole.items():
        api.record(f"{label} {name}", told)


@contract
def test_flow_control_of_a_new_cluster(api: Side) -> None:
    """Those that are mandatory, and those that are suggested."""
    _all(api, "level", f"{FLOW}/prioritylevelconfigurations")
    _all(api, "schema", f"{FLOW}/flowschemas")


@contract
def test_api_services_of_a_new_cluster(api: Side) -> None:
    """One for each group version that the API itself serves."""
    found = api.tried("GET", "/apis/apiregistration.k8s.io/v1/apiservices")["body"]["items"]
    for each in found:
        name = each["metadata"]["name"]
        # Others' definitions come and go meanwhile, and one group is not served (docs/fidelity.md).
        if each["spec"].get("groupPriorityMinimum") != 1000 and not name.endswith("resource.k8s.io"):
            api.record(name, _told(each))


@contract
def test_addresses_of_services(api: Side) -> None:
    """An IPAddress comes and goes with a ClusterIP, and says whose it is."""
    at = f"/api/v1/namespaces/{api.ns}/services"
    made = api.quietly("POST", at, {"metadata": {"name": "web"}, "spec": {"ports": [{"port": 80}]}}).body
    path = f"/apis/networking.k8s.io/v1/ipaddresses/{made['spec']['clusterIP']}"
    found = api.quietly("GET", path).body
    parent = {**found["spec"]["parentRef"], "namespace": found["spec"]["parentRef"]["namespace"] == api.ns}
    api.record("address", [found["metadata"]["labels"], parent])
    api.quietly("DELETE", f"{at}/web")
    api.record("gone", api.tried("GET", path)["body"].get("code"))
    ranges = api.quietly("GET", "/apis/networking.k8s.io/v1/servicecidrs/kubernetes").body
    api.record("range", [ranges["metadata"].get("finalizers"), _told(ranges)["conditions"]])
