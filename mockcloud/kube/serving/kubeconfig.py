"""The kubeconfig that kubectl and client libraries read."""

import base64

import orjson


def render(server: str, ca: bytes, token: str) -> bytes:
    """A kubeconfig with one cluster, user and context; JSON, which is YAML too."""
    cluster = {"server": server, "certificate-authority-data": base64.b64encode(ca).decode()}
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "mockcloud", "cluster": cluster}],
        "users": [{"name": "admin", "user": {"token": token}}],
        "contexts": [
            {
                "name": "mockcloud",
                "context": {"cluster": "mockcloud", "user": "admin", "namespace": "default"},
            }
        ],
        "current-context": "mockcloud",
    }
    return orjson.dumps(config, option=orjson.OPT_INDENT_2) + b"\n"
