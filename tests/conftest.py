"""What holds for all tests; the fixtures of an embedded Kubernetes API are testkit's."""

from contextlib import ExitStack

import hypothesis
import pytest

from mockcloud.lab.interruptions import interruptions

pytest_plugins = ["testkit.plugin"]

# On a busy machine an example may take any time, and so may making one: neither is a fault of the code.
# Examples are the same each time: who changes a line is not to be told of what others have left to be found.
hypothesis.settings.register_profile(
    "any machine",
    deadline=None,
    derandomize=True,
    suppress_health_check=[hypothesis.HealthCheck.too_slow],
)
hypothesis.settings.load_profile("any machine")
# For a search by chance, which takes minutes: pytest --hypothesis-profile=long
hypothesis.settings.register_profile("long", derandomize=False, max_examples=3000)


def pytest_configure(config: pytest.Config) -> None:
    """SIGTERM and SIGHUP end the tests as Ctrl-C does: fixtures are torn down, and labs with them."""
    stack = ExitStack()
    stack.enter_context(interruptions())
    config.add_cleanup(stack.close)
