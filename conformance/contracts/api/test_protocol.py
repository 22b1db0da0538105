"""What the API does with requests beside objects: addresses, numbers, lists, watches, health."""

from conformance.harness.contract import contract
from conformance.harness.nodes import run_pod
from conformance.harness.side import Side
from testkit import objects

SPECIAL = (
    *(
        "127.0.0.1",
        "::1",
        "::ffff:127.0.0.1",
        "0.0.0.0",
        "::",
        "169.254.169.254",
        "::ffff:169.254.1.1",
        "fe80::1",
    ),
    *("224.0.0.1", "ff02::1", "fe80::1%eth0", "10.0.0.\u0661", "2001:db8::1"),
)
NUMBERS = ("%D9%A5", "1_0", "+5", "99999999999999999999", "%205")


@contract
def test_addresses_of_endpoints(api: Side) -> None:
    """Nobody has packets sent to loopback, links or groups by writing endpoints, mapped into IPv6 neither."""
    for address in SPECIAL:
        subset = {"addresses": [{"ip": address}], "ports": [{"port": 80}]}
        body = {"metadata": {"generateName": "e-"}, "subsets": [subset]}
        api.create(f"endpoints {address}", "endpoints", body, "?dryRun=All")
        endpoints = {"addressType": "IPv6", "endpoints": [{"addresses": [address]}], "ports": [{"port": 80}]}
        body = {"metadata": {"generateName": "e-"}, **endpoints}
        api.create(f"slice {address}", "discovery.k8s.io/v1/endpointslices", body, "?dryRun=All")


@contract
def test_addresses_that_no_proxy_calls(api: Side) -> None:
    """Of pods that say they are there, and of endpoints that are no pods."""
    for number, address in enumerate(("127.0.0.1", "169.254.169.254", "::", "::1")):
        name = f"web-{number}"
        pod = objects.pod(name, namespace=None, nodeName="node-1", automountServiceAccountToken=False)
        api.quietly("POST", api.path("pods"), pod)
        run_pod(api, name, address)
        api.ask(f"pod {address}", "GET", f"{api.path('pods', f'{name}:80')}/proxy/")
    api.quietly("POST", api.path("services"), {"metadata": {"name": "s"}, "spec": {"ports": [{"port": 80}]}})
    reference = {"kind": "Pod", "name": "web-1", "namespace": api.ns}
    endpoints = [{"addresses": ["10.0.0.1"]}, {"addresses": ["10.0.0.2"], "targetRef": reference}]
    labels = {"kubernetes.io/service-name": "s"}
    subsets = [{"addresses": [{"ip": "10.0.0.1"}], "ports": [{"port": 80}]}]
    api.quietly("POST", api.path("endpoints"), {"metadata": {"name": "s"}, "subsets": subsets})
    api.quietly(
        "POST",
        api.path("discovery.k8s.io/v1/endpointslices"),
        {"metadata": {"name": "s", "labels": labels}, "addressType": "IPv4", "endpoints": endpoints},
    )
    api.ask("service", "GET", f"{api.path('services', 's:80')}/proxy/")


LISTS = (
    *("resourceVersion=0&limit=2", "resourceVersion=0&resourceVersionMatch=Exact", "sendInitialEvents=true"),
    *("resourceVersion=1&resourceVersionMatch=NotOlderThan&continue=x", "watch=0", "limit=1&watch=false"),
)
WATCHES = (
    *("watch=", "watch=yes", "watch=true&includeObject=junk", "watch=true&resourceVersion=-1"),
    *("watch=true&sendInitialEvents=true", "watch=true&resourceVersionMatch=NotOlderThan"),
    "watch=true&sendInitialEvents=true&resourceVersionMatch=NotOlderThan",
    "watch=true&sendInitialEvents=false&resourceVersionMatch=NotOlderThan",
    "watch=true&sendInitialEvents=true&resourceVersionMatch=Exact&continue=x",
    "watch=true&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&resourceVersion=99999999",
)


@contract
def test_what_the_api_tells_of_itself(api: Side) -> None:
    """Single checks of health, paths that are none, and who reads an answer."""
    for path in ("/livez/ping", "/healthz/etcd?verbose", "/readyz/nope", "/livez?exclude=nope"):
        api.ask(path, "GET", path)
    api.ask("two slashes", "GET", "/api/v1//namespaces")
    for query, program in (("", "curl/8"), ("?pretty=1", "x"), ("?pretty=x", "curl/8"), ("", "x")):
        with api.cluster.request(
            "GET", f"/api/v1/namespaces/nope{query}", None, {"User-Agent": program}
        ) as answer:
            text = answer.read().decode()
        api.record(f"{query} {program}", [text.count("\n") > 1, text[-2:]])


@contract
def test_lists_of_a_version(api: Side) -> None:
    """A page of a version shows that one; what makes no sense is refused."""
    versions = [
        api.quietly("POST", api.path("secrets"), {"metadata": {"name": f"s{number}"}}).body["metadata"]
        for number in range(4)
    ]
    version = versions[1]["resourceVersion"]
    for match in ("", "&resourceVersionMatch=Exact", "&resourceVersionMatch=NotOlderThan", "&limit=1"):
        listed = api.tried("GET", f"{api.path('secrets')}?resourceVersion={version}{match}")["body"]
        same = listed["metadata"]["resourceVersion"] == version
        api.record(f"at a version{match}", [len(listed["items"]), same, sorted(listed["metadata"])])
    for query in LISTS:
        api.get(query, "secrets", query=f"?{query}")
    for version in ("99999999", "x"):
        api.get(f"one at {version}", "secrets", "s0", query=f"?resourceVersion={version}")


@contract
def test_watches_asked_for_in_many_ways(api: Side) -> None:
    """What counts as a yes, whether the state comes first, and which options go together."""
    path = api.path("secrets")
    api.quietly("POST", path, {"metadata": {"name": "s"}})
    api.wait(f"{path}?resourceVersion=0", "the Secret in the cache", lambda body: body["items"])
    for query in WATCHES:
        answer = api.tried("GET", f"{path}?{query}&timeoutSeconds=1")
        api.record(query, [answer["status"], answer["type"], answer["body"]])


@contract
def test_numbers_of_a_query(api: Side) -> None:
    """As Go's strconv reads them."""
    for number in NUMBERS:
        for name in ("limit", "timeoutSeconds", "resourceVersion"):
            api.get(f"{name} {number}", "secrets", query=f"?{name}={number}")
