"""What can go wrong when talking to the API, by meaning."""


class ApiError(Exception):
    """The API answered no: its Status object's code, reason and message."""

    def __init__(self, status: int, reason: str, message: str) -> None:
        super().__init__(f"{status} {reason}: {message}")
        self.status = status
        self.reason = reason
        self.message = message

    @property
    def namespace_ending(self) -> bool:
        """Refused since the namespace is being deleted: what is in it will go as well."""
        return self.status == 403 and "because it is being terminated" in self.message


class ApiUnreachable(Exception):
    """No whole answer came: refused, reset, timed out. Whether a write was carried out is unknown."""


class KubeconfigError(ValueError):
    """A kubeconfig that cannot be used: which file, which key, and why."""

    def __init__(self, path: str, key: str, why: str) -> None:
        super().__init__(f"kubeconfig {path}: {key}: {why}")
        self.path = path
        self.key = key
        self.why = why
