"""A lab's own pods, as they are found in the folders of its nodes' agents."""

from __future__ import annotations

import fcntl
import json
import os

import pytest

from mockcloud.lab.logs import LogRequest, print_logs
from mockcloud.lab.state import LabFolder
from mockcloud.lab.system_pods import ENDED, RUNNING, PodState, log_files, system_pods
from mockcloud.node.sandbox.records import Record

LINE = "2026-11-30T10:49:38.498123456Z stdout F hello from a pod\n"


@pytest.fixture
def lab(tmp_path):
    found = LabFolder("test", tmp_path)
    found.make()
    return found


def put_pod(lab, host, name, *, namespace="baremetal-lb-system", runs=True):
    """A pod's folder; the lock that a living one's holder has is this process's."""
    record = Record("uid", namespace, name, (), "", 0.0, ("main",))
    folder = lab.data(host) / "pods" / str(record.key)
    logs = folder / "logs" / "main"
    logs.mkdir(parents=True)
    (logs / "0.log").write_text(LINE)
    (folder / "record.json").write_text(json.dumps({**vars_of(record)}))
    (folder / "pid").write_text(str(os.getpid()))
    if runs:
        (logs / "pid").write_text(str(os.getpid()))
        (logs / "environment.json").write_text("{}")
        (logs / "confinement.json").write_text("{}")
    lock = os.open(folder / "record.json", os.O_RDONLY)
    fcntl.flock(lock, fcntl.LOCK_EX)
    return lock


def vars_of(record):
    return {name: getattr(record, name) for name in record.__slots__}


def test_each_is_told_with_its_host_and_process(lab):
    """One whose container has ended has none; a person's pods are kubectl's to list."""
    locks = [
        put_pod(lab, "node-2", "speaker-b", runs=False),
        put_pod(lab, "node-1", "speaker-a"),
        put_pod(lab, "node-1", "web", namespace="default"),
    ]

    found = system_pods(lab, ["node-1", "node-2", "client"])

    for each in locks:
        os.close(each)
    assert found == (
        PodState("baremetal-lb-system", "speaker-a", "node-1", RUNNING, os.getpid()),
        PodState("baremetal-lb-system", "speaker-b", "node-2", ENDED, None),
    )


def test_their_logs_are_among_the_labs_and_outlive_its_failure(lab, capsys):
    """`mockcloud logs`, of all or by the pod's name; and where only the logs of a lab are left."""
    os.close(put_pod(lab, "node-1", "speaker-a"))
    lab.log("kube").write_text("2026-11-30T10:49:38.000Z INFO kube: up\n")

    def said(who=None):
        print_logs(lab, LogRequest(who))
        return capsys.readouterr().out

    pods = "2026-11-30T10:49:38.498Z speaker-a         hello from a pod\n"
    both = f"2026-11-30T10:49:38.000Z kube      INFO    kube: up\n{pods}"
    assert (said(), said("speaker-a")) == (both, pods)

    lab.keep_logs(log_files(lab))

    assert not (lab.path / "data").exists()
    assert (said(), said("speaker-a")) == (both, pods)
