"""Where a stream leads, and the API server's words where it leads nowhere."""

import pytest

from mockcloud.kube.streams.options import Location, locate
from mockcloud.kube.writes.refusals import Refusal
from testkit import objects


def pod(*containers, node="node-1", init=()):
    spec = {"nodeName": node, "initContainers": [objects.container(name) for name in init]}
    return objects.pod("web", *map(objects.container, containers), namespace="shop", **spec)


@pytest.mark.parametrize(
    ("stream", "query", "path"),
    [
        pytest.param(
            "exec",
            {"command": ["sh", "-c", "a b&c"], "stdin": ["true"], "stdout": ["1"], "tty": ["false"]},
            "/exec/shop/web/main?input=1&output=1&command=sh&command=-c&command=a+b%26c",
            id="exec",
        ),
        pytest.param("exec", {"stderr": [""]}, "/exec/shop/web/main?error=1", id="a-flag-without-value"),
        pytest.param(
            "attach", {"stdout": ["TRUE"], "stderr": ["0"]}, "/attach/shop/web/main?output=1", id="attach"
        ),
        pytest.param("log", {}, "/containerLogs/shop/web/main?", id="log"),
        pytest.param(
            "log",
            {
                "follow": ["true"],
                "previous": ["False"],
                "tailLines": ["0"],
                "sinceTime": ["2026-01-01T00:00:00Z"],
            },
            "/containerLogs/shop/web/main?follow=true&tailLines=0&sinceTime=2026-01-01T00%3A00%3A00Z",
            id="log-options",
        ),
        pytest.param("log", {"container": ["init"]}, "/containerLogs/shop/web/init?", id="init-container"),
        pytest.param("portforward", {}, "/portForward/shop/web?", id="tunnel"),
        pytest.param(
            "portforward", {"ports": ["80", "81,82"]}, "/portForward/shop/web?port=80%2C81%2C82", id="ports"
        ),
    ],
)
def test_where_streams_lead(stream, query, path):
    """To the node's agent, with kubelet's own names."""
    assert locate(pod("main", init=["init"]), stream, query) == Location("node-1", path)


@pytest.mark.parametrize(
    ("obj", "stream", "query", "code", "message"),
    [
        pytest.param(
            pod("a", "b", init=["i"]),
            "exec",
            {},
            400,
            "a container name must be specified for pod web, choose one of: [i a b]",
            id="which-container",
        ),
        pytest.param(
            pod("a"),
            "log",
            {"container": ["x"]},
            400,
            "container x is not valid for pod web",
            id="no-such-container",
        ),
        pytest.param(
            pod("a", node=""), "exec", {}, 400, "pod web does not have a host assigned", id="no-node"
        ),
        pytest.param(
            pod("a", node=""),
            "portforward",
            {},
            400,
            "pod web does not have a host assigned",
            id="no-node-ports",
        ),
        pytest.param(
            pod("a"),
            "log",
            {"tailLines": ["-1"], "limitBytes": ["0"]},
            422,
            'PodLogOptions "web" is invalid: [tailLines: Invalid value: -1: '
            "must be greater than or equal to 0, limitBytes: Invalid value: 0: must be greater than 0]",
            id="numbers",
        ),
        pytest.param(
            pod("a"),
            "log",
            {"tailLines": ["x"]},
            400,
            'strconv.ParseInt: parsing "x": invalid syntax',
            id="no-number",
        ),
        pytest.param(
            pod("a"),
            "log",
            {"sinceSeconds": ["1"], "sinceTime": ["2026-01-01T00:00:00Z"]},
            422,
            'PodLogOptions "web" is invalid: : Forbidden: at most one of `sinceTime` or `sinceSeconds` '
            "may be specified",
            id="two-sinces",
        ),
        pytest.param(
            pod("a"),
            "log",
            {"sinceTime": ["noon"]},
            400,
            'sinceTime "noon": expected a time as of RFC 3339, e.g. 2026-01-31T12:00:00Z',
            id="no-time",
        ),
        pytest.param(
            pod("a"), "portforward", {"ports": ["0"]}, 400, "port '0': expected 1 to 65535", id="port-0"
        ),
    ],
)
def test_why_a_stream_leads_nowhere(obj, stream, query, code, message):
    """In the words of a real API server, where it has any."""
    with pytest.raises(Refusal) as caught:
        locate(obj, stream, query)
    assert (caught.value.code, caught.value.message) == (code, message)


def test_the_log_of_a_pod_without_a_node_is_empty():
    """No error: the pod may be scheduled in a moment."""
    assert locate(pod("a", node=""), "log", {}) is None
