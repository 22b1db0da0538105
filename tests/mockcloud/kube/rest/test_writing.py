"""POST, PUT, PATCH, DELETE over HTTP: what is stored, and what is refused in which words."""

import pytest

from testkit import objects

CONFIG_MAPS = "/api/v1/namespaces/default/configmaps"
SERVICES = "/api/v1/namespaces/default/services"
PODS = "/api/v1/namespaces/default/pods"
LEASES = "/apis/coordination.k8s.io/v1/namespaces/default/leases"
DEPLOYMENTS = "/apis/apps/v1/namespaces/default/deployments"
MERGE = "application/merge-patch+json"
STRATEGIC = "application/strategic-merge-patch+json"
JSON_PATCH = "application/json-patch+json"


def pod(name: str, **spec: object) -> dict:
    return objects.pod(name, namespace=None, **spec)


def deployment(name: str) -> dict:
    return objects.deployment(name, namespace=None, labels={"a": "b"}, replicas=2)


def test_create_sets_what_only_the_server_knows(http):
    """uid, time and version come from the server; what a client says about them is not taken."""
    name = http.fresh()
    metadata = {"name": name, "uid": "mine", "creationTimestamp": "2000-01-01T00:00:00Z", "generation": 7}
    made = http("POST", CONFIG_MAPS, {"metadata": metadata})
    assert made.status == 201
    stored = made.body["metadata"]
    assert (made.body["kind"], made.body["apiVersion"], stored["namespace"]) == ("ConfigMap", "v1", "default")
    assert stored["uid"] != "mine"
    assert not stored["creationTimestamp"].startswith("2000")
    assert "generation" not in stored
    assert http("GET", f"{CONFIG_MAPS}/{name}").body == made.body


def test_generated_names_keep_their_stem(http):
    """generateName gives five characters more, a different name each time."""
    made = [
        http("POST", CONFIG_MAPS, {"metadata": {"generateName": "web-"}}).body["metadata"] for _ in range(5)
    ]
    assert len({metadata["name"] for metadata in made}) == 5
    assert all(metadata["name"].startswith("web-") and len(metadata["name"]) == 9 for metadata in made)


def test_a_service_without_a_name_is_refused_at_once(http):
    """Upstream hangs for 30 s here and ends with 500; other kinds say what is missing, and so do we."""
    refused = http("POST", SERVICES, {"spec": {"ports": [{"port": 80}]}})
    assert refused.status == 422
    assert "metadata.name: Required value: name or generateName is required" in refused.message


def test_a_name_that_is_taken(http, config_map):
    """409 AlreadyExists; while the old one is being deleted the message says so."""
    path = config_map(finalizers=["example.com/hold"])
    name = path.rpartition("/")[2]
    refused = http("POST", CONFIG_MAPS, {"metadata": {"name": name}})
    assert (refused.status, refused.body["reason"]) == (409, "AlreadyExists")
    assert refused.message == f'configmaps "{name}" already exists'
    http("DELETE", path)
    refused = http("POST", CONFIG_MAPS, {"metadata": {"name": name}})
    assert refused.message == f'object is being deleted: configmaps "{name}" already exists'


def test_a_stale_version_conflicts(http, config_map):
    """Optimistic concurrency: who writes on an old version is told, and nothing changes."""
    path = config_map()
    old = http("GET", path).body
    assert http("PUT", path, {**old, "data": {"a": "1"}}).status == 200
    refused = http("PUT", path, {**old, "data": {"a": "2"}})
    assert (refused.status, refused.body["reason"]) == (409, "Conflict")
    assert refused.message.endswith(
        "the object has been modified; please apply your changes to the latest version and try again"
    )
    assert refused.message.startswith("Operation cannot be fulfilled on configmaps")
    patch = {"metadata": {"resourceVersion": old["metadata"]["resourceVersion"]}, "data": {"a": "3"}}
    assert http("PATCH", path, patch, Content_Type=MERGE).status == 409
    assert http("GET", path).body["data"] == {"a": "1"}


def test_a_put_without_a_version_is_taken_where_kubernetes_takes_it(http, config_map):
    """ConfigMaps may be replaced blindly, Leases may not."""
    path = config_map()
    name = path.rpartition("/")[2]
    assert http("PUT", path, {"metadata": {"name": name}, "data": {"x": "y"}}).body["data"] == {"x": "y"}
    lease = {"metadata": {"name": http.fresh("lease")}, "spec": {"holderIdentity": "me"}}
    lease_path = f"{LEASES}/{lease['metadata']['name']}"
    assert http("PUT", lease_path, lease).status == 201
    refused = http("PUT", lease_path, lease)
    assert refused.status == 422
    assert "metadata.resourceVersion: Invalid value: 0: must be specified for an update" in refused.message


def test_a_write_that_changes_nothing_keeps_the_version(http, config_map):
    """No event, no new version: controllers that write what is already there do not wake anybody."""
    path = config_map()
    before = http("GET", path).body
    assert http("PUT", path, before).body == before
    assert http("PATCH", path, {"data": {"a": "b"}}, Content_Type=MERGE).body == before
    assert http("PATCH", path, {"metadata": {"labels": {}}}, Content_Type=MERGE).body == before


def test_status_and_the_rest_are_written_apart(http):
    """PUT leaves status as it is; /status leaves the rest as it is, but takes metadata (finalizers)."""
    name = http.fresh("web")
    service = {"metadata": {"name": name}, "spec": {"type": "LoadBalancer", "ports": [{"port": 80}]}}
    path = f"{SERVICES}/{name}"
    assert http(
        "POST", SERVICES, {**service, "status": {"loadBalancer": {"ingress": [{"ip": "1.2.3.4"}]}}}
    ).body["status"] == {"loadBalancer": {}}
    patch = {
        "metadata": {"finalizers": ["service.kubernetes.io/load-balancer-cleanup"]},
        "spec": {"sessionAffinity": "ClientIP"},
        "status": {"loadBalancer": {"ingress": [{"ip": "192.168.10.200"}]}},
    }
    patched = http("PATCH", f"{path}/status", patch, Content_Type=STRATEGIC).body
    assert patched["status"]["loadBalancer"]["ingress"] == [{"ip": "192.168.10.200", "ipMode": "VIP"}]
    assert patched["metadata"]["finalizers"] == ["service.kubernetes.io/load-balancer-cleanup"]
    assert patched["spec"]["sessionAffinity"] == "None"
    replaced = http(
        "PUT", path, {**patched, "status": {}, "metadata": {**patched["metadata"], "labels": {"a": "b"}}}
    )
    assert replaced.body["status"] == patched["status"]
    assert replaced.body["metadata"]["labels"] == {"a": "b"}


def test_writing_what_was_first_written_is_no_change(http):
    """Defaults are left out again: version and generation stay, also for a StatefulSet's claims."""
    name = http.fresh()
    made = http("POST", DEPLOYMENTS, deployment(name)).body
    again = http("PUT", f"{DEPLOYMENTS}/{name}", deployment(name)).body
    assert again["metadata"]["generation"] == 1
    assert again["metadata"]["resourceVersion"] == made["metadata"]["resourceVersion"]
    claims = [
        {
            "metadata": {"name": "d"},
            "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}},
        }
    ]
    body = deployment(name)
    body["spec"]["volumeClaimTemplates"] = claims
    path = DEPLOYMENTS.replace("deployments", "statefulsets")
    made = http("POST", path, body).body
    patch = {"spec": {"volumeClaimTemplates": claims}}
    again = http("PATCH", f"{path}/{name}", patch, Content_Type=STRATEGIC).body
    assert again["metadata"] == made["metadata"]


def test_the_generation_counts_changes_of_what_is_wanted(http):
    """Controllers compare it with observedGeneration; labels and status do not count."""
    name = http.fresh("d")
    path = f"{DEPLOYMENTS}/{name}"
    assert http("POST", DEPLOYMENTS, deployment(name)).body["metadata"]["generation"] == 1
    steps = [
        ({"metadata": {"labels": {"x": "y"}}}, path, 1),
        ({"status": {"replicas": 1}}, f"{path}/status", 1),
        ({"spec": {"replicas": 3}}, path, 2),
        ({"spec": {"replicas": 4}}, f"{path}/scale", 3),
    ]
    for patch, where, generation in steps:
        assert http("PATCH", where, patch, Content_Type=MERGE).status == 200
        assert http("GET", path).body["metadata"]["generation"] == generation


def test_scale_is_a_face_of_its_own(http):
    """GET, PUT and PATCH of /scale: an autoscaling/v1 Scale with the selector as text."""
    name = http.fresh("d")
    http("POST", DEPLOYMENTS, deployment(name))
    path = f"{DEPLOYMENTS}/{name}/scale"
    scale = http("GET", path).body
    assert (scale["kind"], scale["apiVersion"], scale["spec"]) == ("Scale", "autoscaling/v1", {"replicas": 2})
    assert scale["status"] == {"replicas": 0, "selector": "a=b"}
    assert http("PUT", path, {**scale, "spec": {"replicas": 5}}).body["spec"] == {"replicas": 5}
    assert http("PUT", path, {**scale, "spec": {"replicas": 6}}).status == 409
    refused = http("PATCH", path, {"spec": {"replicas": -1}}, Content_Type=MERGE)
    assert (refused.status, refused.body["details"]["causes"][0]["field"]) == (422, "spec.replicas")


def test_binding_puts_a_pod_on_a_node_once(http):
    """The scheduler's write: nodeName and PodScheduled, and a conflict for the second scheduler."""
    name = http.fresh("p")
    http("POST", PODS, pod(name))
    binding = {
        "apiVersion": "v1",
        "kind": "Binding",
        "metadata": {"name": name},
        "target": {"name": "node-1"},
    }
    bound = http("POST", f"{PODS}/{name}/binding", binding)
    assert (bound.status, bound.body["status"]) == (201, "Success")
    stored = http("GET", f"{PODS}/{name}").body
    assert stored["spec"]["nodeName"] == "node-1"
    assert [(c["type"], c["status"]) for c in stored["status"]["conditions"]] == [("PodScheduled", "True")]
    refused = http("POST", f"{PODS}/{name}/binding", binding)
    assert refused.status == 409
    assert f'pod {name} is already assigned to node "node-1"' in refused.message


def test_a_pod_that_runs_nowhere_goes_at_once(http):
    """Nobody would confirm its end."""
    name = http.fresh("p")
    http("POST", PODS, pod(name))
    assert http("DELETE", f"{PODS}/{name}").body["kind"] == "Pod"
    assert http("GET", f"{PODS}/{name}").status == 404


def test_a_pod_on_a_node_is_stopped_gracefully(http):
    """DELETE marks it; the node agent confirms with grace 0; a shorter grace in between is taken."""
    name = http.fresh("p")
    path = f"{PODS}/{name}"
    http("POST", PODS, pod(name, nodeName="node-1", terminationGracePeriodSeconds=20))
    marked = http("DELETE", path).body["metadata"]
    assert marked["deletionGracePeriodSeconds"] == 20
    assert http("DELETE", path, {"gracePeriodSeconds": 60}).body["metadata"] == marked
    shorter = http("DELETE", path, {"gracePeriodSeconds": 5}).body["metadata"]
    assert shorter["deletionGracePeriodSeconds"] == 5
    assert shorter["deletionTimestamp"] < marked["deletionTimestamp"]
    assert http("DELETE", path, {"gracePeriodSeconds": 0, "preconditions": {"uid": "other"}}).status == 409
    assert (
        http("DELETE", path, {"gracePeriodSeconds": 0, "preconditions": {"uid": marked["uid"]}}).status == 200
    )
    assert http("GET", path).status == 404


def test_an_evicted_pod_has_the_reason_while_it_goes(http):
    """With a precondition, too, which is about the pod before it was told; a dry run tells nothing."""
    name = http.fresh("p")
    path, eviction = f"{PODS}/{name}", {"metadata": {"name": name}}
    version = http("POST", PODS, pod(name, nodeName="node-1")).body["metadata"]["resourceVersion"]

    def evict(query="", **options):
        return http("POST", f"{path}/eviction{query}", {**eviction, "deleteOptions": options}).status

    assert evict(preconditions={"resourceVersion": "1"}) == 409
    assert evict("?dryRun=All") == 201
    assert not http("GET", path).body["status"].get("conditions")
    assert evict(preconditions={"resourceVersion": version}) == 201
    left = http("GET", path).body
    assert left["metadata"]["deletionTimestamp"]
    assert [each["reason"] for each in left["status"]["conditions"]] == ["EvictionByEvictionAPI"]


def test_an_object_with_finalizers_goes_when_the_last_is_taken_away(http, config_map):
    """It stays with a deletionTimestamp, takes no new finalizers, and is gone with its last one."""
    path = config_map(finalizers=["example.com/a", "example.com/b"])
    held = http("DELETE", path)
    assert (held.status, held.body["kind"]) == (200, "ConfigMap")
    assert held.body["metadata"]["deletionGracePeriodSeconds"] == 0
    finalizers = {"metadata": {"finalizers": ["example.com/a", "example.com/c"]}}
    refused = http("PATCH", path, finalizers, Content_Type=MERGE)
    assert refused.status == 422
    assert "no new finalizers can be added if the object is being deleted" in refused.message
    http("PATCH", path, {"metadata": {"finalizers": ["example.com/b"]}}, Content_Type=MERGE)
    assert http("GET", path).status == 200
    assert http("PATCH", path, {"metadata": {"finalizers": []}}, Content_Type=MERGE).status == 200
    assert http("GET", path).status == 404


@pytest.mark.parametrize(
    ("policy", "finalizers"),
    [("Orphan", ["orphan"]), ("Foreground", ["foregroundDeletion"])],
)
def test_propagation_leaves_work_to_the_garbage_collector(http, config_map, policy, finalizers):
    """The policy becomes a finalizer; Background needs none."""
    path = config_map()
    assert http("DELETE", path, {"propagationPolicy": policy}).body["metadata"]["finalizers"] == finalizers
    assert http("DELETE", path, {"propagationPolicy": "Background"}).body["status"] == "Success"
    assert http("GET", path).status == 404


def test_a_collection_is_deleted_by_selector(http, config_map):
    """DELETE on a collection takes what the selectors take."""
    gone, kept = config_map(labels={"batch": "one"}), config_map(labels={"batch": "two"})
    answered = http("DELETE", f"{CONFIG_MAPS}?labelSelector=batch%3Done")
    assert [item["metadata"]["name"] for item in answered.body["items"]] == [gone.rpartition("/")[2]]
    assert (http("GET", gone).status, http("GET", kept).status) == (404, 200)


def test_a_dry_run_changes_nothing(http, config_map):
    """dryRun=All answers as if, and stores nothing; any other value is refused."""
    name = http.fresh()
    made = http("POST", f"{CONFIG_MAPS}?dryRun=All", {"metadata": {"name": name}})
    assert (made.status, made.body["metadata"]["name"]) == (201, name)
    assert http("GET", f"{CONFIG_MAPS}/{name}").status == 404
    path = config_map()
    before = http("GET", path).body
    changed = http("PATCH", f"{path}?dryRun=All", {"data": {"a": "c"}}, Content_Type=MERGE)
    assert changed.body["data"] == {"a": "c"}
    assert http("DELETE", f"{path}?dryRun=All").status == 200
    assert http("GET", path).body == before
    refused = http("POST", f"{CONFIG_MAPS}?dryRun=Some", {"metadata": {"name": name}})
    assert refused.status == 422
    assert refused.message.startswith('CreateOptions.meta.k8s.io "" is invalid: dryRun: ')


def test_a_dry_run_of_a_service_takes_no_address(http):
    """A node port that was only tried is still free."""
    spec = {"type": "NodePort", "ports": [{"port": 80, "nodePort": 31999}]}
    first, second = http.fresh("a"), http.fresh("b")
    tried = http("POST", f"{SERVICES}?dryRun=All", {"metadata": {"name": first}, "spec": spec})
    assert tried.status == 201
    assert http("POST", SERVICES, {"metadata": {"name": second}, "spec": spec}).status == 201
    clash = http("POST", SERVICES, {"metadata": {"name": first}, "spec": spec})
    assert clash.status == 422
    assert "provided port is already allocated" in clash.message
    http("DELETE", f"{SERVICES}/{second}")
    assert http("POST", SERVICES, {"metadata": {"name": first}, "spec": spec}).status == 201


@pytest.mark.parametrize(
    ("validation", "status", "warned"),
    [("Strict", 400, False), ("Warn", 201, True), ("", 201, True), ("Ignore", 201, False)],
)
def test_unknown_fields_by_field_validation(http, validation, status, warned):
    """Strict refuses, Warn warns in a header, Ignore is silent; the field is dropped where it is taken."""
    body = {"metadata": {"name": http.fresh()}, "foo": {"bar": 1}}
    answered = http("POST", f"{CONFIG_MAPS}?fieldValidation={validation}", body)
    assert answered.status == status
    assert ('299 - "unknown field \\"foo\\""' in answered.headers.get("Warning", "")) is warned
    if status == 400:
        assert answered.message.endswith('strict decoding error: unknown field "foo"')
    else:
        assert "foo" not in answered.body


def test_a_patch_to_something_that_is_no_such_object(http, config_map):
    """The result of a patch is decoded like a body; the refusal points at the patch."""
    path = config_map()
    refused = http("PATCH", f"{path}?fieldValidation=Strict", {"foo": 1}, Content_Type=MERGE)
    assert refused.status == 422
    assert refused.message.startswith(' "" is invalid: patch: Invalid value:')
    refused = http("PATCH", path, {"data": {"a": 1}}, Content_Type=MERGE)
    assert refused.status == 422
    operations = [{"op": "test", "path": "/data/a", "value": "z"}]
    refused = http("PATCH", path, operations, Content_Type=JSON_PATCH)
    assert refused.status == 422


@pytest.mark.parametrize(
    ("path", "body", "message"),
    [
        pytest.param(
            CONFIG_MAPS,
            {"metadata": {"name": "x", "namespace": "other"}},
            "the namespace of the provided object does not match the namespace sent on the request",
            id="namespace",
        ),
        pytest.param(
            CONFIG_MAPS,
            {"kind": "Secret", "apiVersion": "v1", "metadata": {"name": "x"}},
            'Secret in version "v1" cannot be handled as a ConfigMap',
            id="kind",
        ),
        pytest.param(
            DEPLOYMENTS,
            {"kind": "Deployment", "apiVersion": "extensions/v1beta1", "metadata": {"name": "x"}},
            "version in the data (extensions/v1beta1) does not match the expected API version (apps/v1)",
            id="version",
        ),
        pytest.param(
            SERVICES,
            {"metadata": {"name": "x"}, "spec": {"ports": [{"port": "eighty"}]}},
            "json: cannot unmarshal string into Go struct field ServicePort.spec.ports.port of type int32",
            id="type",
        ),
        pytest.param(CONFIG_MAPS, b"{", "couldn't get version/kind; json parse error:", id="no-json"),
        pytest.param(CONFIG_MAPS, b"[]", "the object provided is unrecognized", id="no-object"),
    ],
)
def test_a_body_that_is_no_such_object_is_a_bad_request(http, path, body, message):
    """400 with the decoder's words."""
    refused = http("POST", path, body)
    assert (refused.status, refused.body["reason"]) == (400, "BadRequest")
    assert message in refused.message


def test_names_in_url_and_body_must_agree(http, config_map):
    """A PUT to one name cannot write another."""
    path = config_map()
    refused = http("PUT", path, {"metadata": {"name": "other"}})
    assert refused.status == 400
    name = path.rpartition("/")[2]
    assert refused.message == f"the name of the object (other) does not match the name on the URL ({name})"


def test_yaml_is_read_and_written(http):
    """What curl users send: application/yaml both ways."""
    name = http.fresh()
    body = f"metadata: {{name: {name}}}\ndata: {{a: b}}\n".encode()
    made = http("POST", CONFIG_MAPS, body, Content_Type="application/yaml", Accept="application/yaml")
    assert made.status == 201
    assert made.headers["Content-Type"].startswith("application/yaml")
    assert b"kind: ConfigMap" in made.content


def test_media_types_that_cannot_be_read_or_written(http, config_map):
    """415 and 406 say what would be taken."""
    path = config_map()
    unread = http("POST", CONFIG_MAPS, b"x", Content_Type="text/plain")
    assert (unread.status, unread.body["reason"]) == (415, "UnsupportedMediaType")
    applied = http("PATCH", path, {}, Content_Type="application/apply-patch+cbor")
    assert (applied.status, applied.message) == (415, "415: Unsupported Media Type")
    unsent = http("GET", path, Accept="image/png")
    assert (unsent.status, unsent.body["reason"]) == (406, "NotAcceptable")
    assert http("GET", path, Accept="application/vnd.kubernetes.protobuf,application/json").status == 200


def test_bodies_have_a_limit(http):
    """3 MiB, as upstream; the answer says so."""
    body = {"metadata": {"name": http.fresh()}, "data": {"a": "x" * (3 << 20)}}
    refused = http("POST", CONFIG_MAPS, body)
    assert (refused.status, refused.body["reason"]) == (413, "RequestEntityTooLarge")
    http.close()
    http.connection = None


def test_a_namespace_ends_in_two_steps(http):
    """DELETE closes it to new objects; it goes when /finalize says that it is empty."""
    name = http.fresh("ns")
    made = http("POST", "/api/v1/namespaces", {"metadata": {"name": name}}).body
    assert (made["status"], made["spec"]) == ({"phase": "Active"}, {"finalizers": ["kubernetes"]})
    assert made["metadata"]["labels"] == {"kubernetes.io/metadata.name": name}
    inside = f"/api/v1/namespaces/{name}/configmaps"
    assert http("POST", inside, {"metadata": {"name": "early"}}).status == 201
    ending = http("DELETE", f"/api/v1/namespaces/{name}").body
    assert ending["status"]["phase"] == "Terminating"
    refused = http("POST", inside, {"metadata": {"name": "late"}})
    assert refused.status == 403
    assert refused.message == (
        f'configmaps "late" is forbidden: unable to create new content in namespace {name} '
        "because it is being terminated"
    )
    assert refused.body["details"]["causes"][0]["reason"] == "NamespaceTerminating"
    http("PUT", f"/api/v1/namespaces/{name}", {**ending, "spec": {}})
    assert http("GET", f"/api/v1/namespaces/{name}").status == 200
    ending = http("GET", f"/api/v1/namespaces/{name}").body
    assert (
        http("PUT", f"/api/v1/namespaces/{name}/finalize", {**ending, "spec": {"finalizers": []}}).status
        == 200
    )
    assert http("GET", f"/api/v1/namespaces/{name}").status == 404


def test_events_have_two_faces(http):
    """What is written as events.k8s.io/v1 is read as core v1, and the other way round."""
    name = http.fresh("e")
    event = {
        "metadata": {"name": name},
        "regarding": {"kind": "Service", "name": "web", "namespace": "default"},
        "note": "hello",
        "reason": "Hello",
        "type": "Normal",
        "action": "Greet",
        "eventTime": "2026-11-21T12:00:00.000000Z",
        "reportingController": "example.com/ctl",
        "reportingInstance": "ctl-1",
    }
    made = http("POST", "/apis/events.k8s.io/v1/namespaces/default/events", event)
    assert made.status == 201, made.content
    core = http("GET", f"/api/v1/namespaces/default/events/{name}").body
    assert (core["apiVersion"], core["message"], core["involvedObject"]["name"]) == ("v1", "hello", "web")
    path = f"/apis/events.k8s.io/v1/namespaces/default/events/{name}"
    patched = http("PATCH", path, {"note": "bye"}, Content_Type=MERGE).body
    assert (patched["note"], patched["apiVersion"]) == ("bye", "events.k8s.io/v1")
    selected = http("GET", "/apis/events.k8s.io/v1/events?fieldSelector=regarding.name%3Dweb").body
    assert [item["note"] for item in selected["items"]] == ["bye"]


@pytest.mark.parametrize("odd", ["\x00", "a\nb", "a\r\nSet-Cookie: x", "\x7f", "\x85"])
def test_a_warning_that_no_header_can_hold_is_left_out(http, odd):
    """The write is done and answered, and nobody's field becomes a header; others are warned of."""
    made = http("POST", CONFIG_MAPS, {"metadata": {"name": http.fresh("cm")}, odd: 1, "foo": 2})
    assert made.status == 201, made.content
    assert made.headers["Warning"] == '299 - "unknown field \\"foo\\""'
    assert "Set-Cookie" not in made.headers
