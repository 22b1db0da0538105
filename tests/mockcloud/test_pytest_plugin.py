"""The plug-in, as somebody else's tests have it."""

import subprocess
import sys

THEIRS = """
import os
import urllib.request

def test_theirs(mock_cloud):
    request = urllib.request.Request(
        os.environ["HCLOUD_ENDPOINT"] + "/locations",
        headers={"Authorization": "Bearer " + os.environ["HCLOUD_TOKEN"]},
    )
    assert urllib.request.urlopen(request).status == 200
    assert [call["path"] for call in mock_cloud.calls()] == ["/v1/locations"]
"""


def test_a_cloud_is_in_a_fixture_and_clients_find_it(tmp_path):
    """Installed with mockcloud, without an import; the environment points to it."""
    (tmp_path / "test_theirs.py").write_text(THEIRS)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "."]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "1 passed" in done.stdout
