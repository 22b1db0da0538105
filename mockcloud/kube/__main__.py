"""`python -m mockcloud.kube`: the embedded Kubernetes API as a process."""

import asyncio
import logging
import sys

from mockcloud import logs
from mockcloud.kube.serving.settings import parse


def main(argv: list[str]) -> int:
    """Serve until SIGTERM; 0 after a clean end, 1 where it could not start."""
    settings = parse(argv)
    # Imported after the arguments are known to be good: the HTTP library takes most of the start-up time.
    from mockcloud.kube.serving.logs import SparingFilter
    from mockcloud.kube.serving.server import listen, run
    from mockcloud.kube.storage.journal import JournalError

    logs.configure()
    for handler in logging.getLogger().handlers:
        handler.addFilter(SparingFilter())
    try:
        settings.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        settings.data_dir.chmod(0o700)
        asyncio.run(run(settings, listen(settings)))
    except (JournalError, OSError) as exc:
        sys.stderr.write(f"mockcloud.kube: {exc}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
