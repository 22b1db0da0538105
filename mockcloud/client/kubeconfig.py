"""A kubeconfig file, or what a pod is given -> where the API is, and a bearer token: who we are."""

import base64
import binascii
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import yaml

from mockcloud.client.errors import KubeconfigError

SERVICE_ACCOUNT: Final = Path("/var/run/secrets/kubernetes.io/serviceaccount")


@dataclass(frozen=True, slots=True)
class Access:
    """How to reach one API server; `tls` is None for plain http."""

    server: str
    tls: ssl.SSLContext | None
    token: str | None
    token_file: Path | None = None  # where a token is that somebody renews; it counts more than `token`

    def bearer(self) -> str:
        """The token as it is now; "" where there is none."""
        return self.token or "" if self.token_file is None else self.token_file.read_text().strip()

    def authorities(self) -> str:
        """PEM text of those whose word counts for the server's certificate; "" for plain http."""
        found = self.tls.get_ca_certs(binary_form=True) if self.tls else []
        return "".join(ssl.DER_cert_to_PEM_cert(each) for each in found)


def load_access(path: str) -> Access:
    """The access that the file's current context names; KubeconfigError where it cannot be used."""
    try:
        text = Path(path).read_text(encoding="utf-8")
    except OSError as exc:
        raise KubeconfigError(path, "file", exc.strerror or str(exc)) from exc
    try:
        document = yaml.safe_load(text)
    except yaml.YAMLError as exc:
        raise KubeconfigError(path, "file", f"is not YAML: {exc}") from exc
    if not isinstance(document, dict):
        raise KubeconfigError(path, "file", f"expected a mapping, got {type(document).__name__}")
    return _Reader(path, document).access()


def pod_access(environment: Mapping[str, str], folder: Path = SERVICE_ACCOUNT) -> Access:
    """What a pod has its ServiceAccount's access from; KubeconfigError outside of a pod."""
    host, port = (environment.get(f"KUBERNETES_SERVICE_{each}") for each in ("HOST", "PORT"))
    if not host or not port:
        raise KubeconfigError(
            str(folder), "environment", "KUBERNETES_SERVICE_HOST is not set: this is no pod"
        )
    try:
        tls = ssl.create_default_context(cafile=str(folder / "ca.crt"))
    except (OSError, ssl.SSLError) as exc:
        raise KubeconfigError(str(folder), "ca.crt", str(exc)) from exc
    name = f"[{host}]" if ":" in host else host
    return Access(f"https://{name}:{port}", tls, None, folder / "token")


@dataclass(frozen=True, slots=True)
class _Reader:
    path: str
    document: dict[str, Any]

    def access(self) -> Access:
        context = self._entry("contexts", "context", self.document.get("current-context"))
        cluster = self._entry("clusters", "cluster", context.get("cluster"))
        user = self._entry("users", "user", context.get("user")) if context.get("user") else {}
        server = str(cluster.get("server") or "")
        if not server.startswith(("https://", "http://")):
            raise KubeconfigError(self.path, "server", f"expected an http(s) URL, got {server!r}")
        tls = self._tls(cluster) if server.startswith("https://") else None
        return Access(server.rstrip("/"), tls, self._token(user))

    def _entry(self, section: str, key: str, name: object) -> dict[str, Any]:
        """The mapping under `key` of the entry called `name`: contexts, clusters and users all look alike."""
        for entry in self.document.get(section) or []:
            if isinstance(entry, dict) and entry.get("name") == name and isinstance(entry.get(key), dict):
                found: dict[str, Any] = entry[key]
                return found
        raise KubeconfigError(self.path, section, f"has no entry named {name!r}")

    def _tls(self, cluster: dict[str, Any]) -> ssl.SSLContext:
        if cluster.get("insecure-skip-tls-verify"):
            context = ssl.create_default_context()
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
            return context
        try:
            return ssl.create_default_context(cadata=self._authority(cluster))
        except ssl.SSLError as exc:
            raise KubeconfigError(self.path, "certificate-authority", f"no PEM certificate: {exc}") from exc

    def _authority(self, cluster: dict[str, Any]) -> str | None:
        """PEM text; None means the system's own authorities."""
        if data := cluster.get("certificate-authority-data"):
            try:
                return base64.b64decode(data, validate=True).decode("ascii")
            except (binascii.Error, UnicodeDecodeError) as exc:
                raise KubeconfigError(self.path, "certificate-authority-data", f"not base64: {exc}") from exc
        if file := cluster.get("certificate-authority"):
            return self._read("certificate-authority", str(file))
        return None

    def _token(self, user: dict[str, Any]) -> str | None:
        if token := user.get("token"):
            return str(token)
        if file := user.get("tokenFile"):
            return self._read("tokenFile", str(file)).strip()
        return None

    def _read(self, key: str, file: str) -> str:
        """A file that the kubeconfig names, relative to the kubeconfig's own folder, as in client-go."""
        try:
            return (Path(self.path).parent / file).read_text(encoding="utf-8")
        except OSError as exc:
            raise KubeconfigError(self.path, key, f"{file}: {exc.strerror}") from exc
