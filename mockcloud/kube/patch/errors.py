"""Why a patch cannot be applied."""


class PatchError(Exception):
    """A patch that cannot be applied: the answer's HTTP code and message; `detail` says more."""

    def __init__(self, code: int, message: str, *, detail: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.detail = detail
