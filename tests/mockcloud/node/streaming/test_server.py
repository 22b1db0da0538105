"""Who may ask the agent's server for what, and its words for a no: kubelet's own."""

import json

import pytest

EXEC = "/exec/default/web/main?command=true&output=1"
UPGRADE = {"Upgrade": "websocket", "Connection": "Upgrade"}


@pytest.mark.parametrize("token", ["", "Bearer ", "Bearer wrong", "Basic secret"])
async def test_without_the_nodes_token_nothing_is_done(kubelet, token):
    """Not even told whether the pod is here."""
    for path in (EXEC, "/exec/default/none/main", "/containerLogs/default/web/main"):
        assert await kubelet.refusal(path, Authorization=token) == (401, "Unauthorized")


@pytest.mark.parametrize(
    ("path", "status", "text"),
    [
        pytest.param("/exec/default/none/main?command=x&output=1", 404, "pod does not exist", id="no-pod"),
        pytest.param(
            "/exec/default/web/x?command=x&output=1", 500, 'container not found ("x")', id="no-container"
        ),
        pytest.param(
            "/exec/default/web/main?output=1",
            400,
            "you must specify at least one command for the container",
            id="no-command",
        ),
        pytest.param(
            "/exec/default/web/main?command=x",
            400,
            "you must specify at least 1 of stdin, stdout, stderr",
            id="no-streams",
        ),
        pytest.param(
            "/attach/default/web/main?tty=1",
            400,
            "you must specify at least 1 of stdin, stdout, stderr",
            id="attach-no-streams",
        ),
        pytest.param("/portForward/default/none", 404, "pod does not exist", id="no-pod-to-forward-to"),
        pytest.param("/containerLogs/default/none/main", 404, 'pod "none" does not exist', id="no-pod-log"),
        pytest.param(
            "/containerLogs/default/web/x", 404, 'container "x" not found in pod "web"', id="no-container-log"
        ),
        pytest.param(
            "/containerLogs/default/web/main", 400, 'container "main" in pod "web" is not available', id="new"
        ),
    ],
)
async def test_why_not(kubelet, path, status, text):
    """A stream that leads nowhere."""
    assert await kubelet.refusal(path, **UPGRADE) == (status, text)


async def test_a_container_that_does_not_run_has_no_streams(kubelet):
    """As kubelet says it."""
    kubelet.pod.change(running=False)
    assert await kubelet.refusal(EXEC) == (500, 'container not found ("main")')


async def test_a_client_without_websockets_is_told_what_it_needs(kubelet):
    """An old kubectl prints this after `unable to upgrade connection: `."""
    status, text = await kubelet.refusal(EXEC)
    assert status == 400
    assert "kubectl 1.31 and newer" in text
    assert ": " not in text, "kubectl 1.32 would read it as YAML"
    status, text = await kubelet.refusal("/portForward/default/web")
    assert status == 400
    assert "SPDY/3.1+portforward.k8s.io" in text


async def test_a_client_of_no_known_protocol_is_told_which_there_are(kubelet):
    """Before the handshake, while an HTTP answer can still be given."""
    offer = {**UPGRADE, "Sec-WebSocket-Protocol": "v9.channel.k8s.io"}
    status, text = await kubelet.refusal(EXEC, **offer)
    assert status == 400
    assert "v9.channel.k8s.io" in text
    assert "v5.channel.k8s.io" in text


async def test_what_nodes_proxy_shows_of_a_node(kubelet):
    """Health, its pods, and logs by their paths in a real node's /var/log; nothing else of its folder."""
    log = kubelet.folder / "pods" / "default_web_u" / "logs" / "main" / "0.log"
    log.parent.mkdir(parents=True)
    log.write_text("a line")
    (kubelet.folder / "secret").write_text("of the agent's")
    (log.parents[2] / "record.json").write_text("{}")
    for check in ("", "/ping", "/log", "/syncloop"):
        assert await kubelet.refusal(f"/healthz{check}") == (200, "ok")
    status, pods = await kubelet.refusal("/pods")
    assert (status, json.loads(pods)["items"][0]["metadata"]["name"]) == (200, "web")
    for path, name in (("", "pods/"), ("pods/", "default_web_u/"), ("pods/default_web_u/main/", "0.log")):
        status, page = await kubelet.refusal(f"/logs/{path}")
        assert (status, f'<a href="{name}">' in page) == (200, True)
    assert await kubelet.refusal("/logs/pods/default_web_u/main/0.log") == (200, "a line")
    for path in ("secret", "pods/%2e%2e/secret", "pods/default_web_u/%2e%2e/record.json", "pods/none/"):
        assert await kubelet.refusal(f"/logs/{path}") == (404, "404 page not found\n")


async def test_what_the_node_uses_is_measured_when_asked(kubelet):
    """In Prometheus' text form, for who has the node's token."""
    status, text = await kubelet.refusal("/metrics/resource")
    assert status == 200
    assert 'container_cpu_usage_seconds_total{container="main",namespace="default",pod="web"} ' in text
    assert await kubelet.refusal("/metrics/resource", Authorization="Bearer wrong") == (401, "Unauthorized")
