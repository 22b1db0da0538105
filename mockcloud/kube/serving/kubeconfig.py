"""The kubeconfig that kubectl and client libraries read."""

import base64

import orjson


def render(name: str, server: str, ca: bytes, token: str) -> bytes:
    """A kubeconfig with one cluster, user and context of that name; JSON, which is YAML too."""
    cluster = {"server": server, "certificate-authority-data": base64.b64encode(ca).decode()}
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": name, "cluster": cluster}],
        "users": [{"name": name, "user": {"token": token}}],
        "contexts": [
            {"name": name, "context": {"cluster": name, "user": name, "namespace": "default"}},
        ],
        "current-context": name,
    }
    return orjson.dumps(config, option=orjson.OPT_INDENT_2) + b"\n"
