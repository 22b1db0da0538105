"""The real HAProxy, started and taken over."""

import asyncio
import os

import pytest

from mockcloud.haproxy.configuration import Section
from mockcloud.haproxy.process import INSTALL, HAProxy, haproxy_path

LONG = "a-folder-whose-name-is-so-long-that-no-socket-in-it-could-be-named-by-its-whole-path-" + "x" * 40
PORT = Section("here", ("listen here", "  mode tcp", f"  bind abns@mockcloud-test-{os.getpid()}"), {})


async def test_it_serves_from_a_folder_with_a_long_path_and_is_taken_over(tmp_path):
    """XDG_STATE_HOME may be anywhere; a socket's address has room for 107 characters."""
    if haproxy_path() is None:
        pytest.skip(INSTALL)
    folder = tmp_path / LONG
    folder.mkdir()
    async with asyncio.TaskGroup() as group:
        first = HAProxy(folder, group, lambda: None, ("timeout client 9s",))
        await first.serve({"here": PORT})
        assert await HAProxy(folder, group, lambda: None, ("timeout client 9s",)).take_over()
        await first.stop()
