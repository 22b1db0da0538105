"""Small clients that guides use and the host may lack. The host's own come first in a pod's PATH."""

from typing import Final

TOOLS: Final = ("curl", "dig", "host", "nc", "nslookup", "wget")
"""Each is a module here, with `main(argv) -> exit code`."""
