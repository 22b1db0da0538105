"""The kubeconfig that kubectl and client libraries read."""

import base64
from dataclasses import dataclass

import orjson


@dataclass(frozen=True, slots=True)
class Proof:
    """By what a client shows who it is: a token, and a certificate with its key (PEM) where it has one."""

    token: str
    certificate: bytes = b""
    key: bytes = b""

    def fields(self) -> dict[str, str]:
        """As a kubeconfig's user has it."""
        found = {"token": self.token}
        if self.certificate:
            found["client-certificate-data"] = base64.b64encode(self.certificate).decode()
            found["client-key-data"] = base64.b64encode(self.key).decode()
        return found


def render(name: str, server: str, ca: bytes, proof: Proof) -> bytes:
    """A kubeconfig with one cluster, user and context of that name; JSON, which is YAML too."""
    cluster = {"server": server, "certificate-authority-data": base64.b64encode(ca).decode()}
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": name, "cluster": cluster}],
        "users": [{"name": name, "user": proof.fields()}],
        "contexts": [
            {"name": name, "context": {"cluster": name, "user": name, "namespace": "default"}},
        ],
        "current-context": name,
    }
    return orjson.dumps(config, option=orjson.OPT_INDENT_2) + b"\n"
