"""Daemons that do nothing but live and die, for labs whose other processes are real; and questions to one."""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import sys
import time

from mockcloud import logs
from mockcloud.lab.components.component import Daemon, Interpreter


def steady(argv):
    """A daemon that says it is ready, and runs until it is told to stop."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    os.write(int(os.environ["READY_FD"]), b"\n")
    while True:
        signal.pause()


def talk(argv):
    """A steady daemon that has logged two lines."""
    logs.configure()
    logging.getLogger("toy").info("what a daemon says")
    logging.getLogger("toy").info("and what it said last")
    return steady(argv)


def deaf(argv):
    """A daemon that ignores SIGTERM."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    os.write(int(os.environ["READY_FD"]), b"\n")
    while True:
        signal.pause()


def never_ready(argv):
    """A daemon that runs, and does not say that it is ready."""
    signal.pause()


def waits(argv):
    """A daemon that logs what it waits for, and is not ready."""
    logs.configure()
    logging.getLogger("toy").info("no pod is ready")
    signal.pause()


def stopped(argv):
    """A daemon that is stopped before it is ready."""
    os.kill(os.getpid(), signal.SIGSTOP)


def tells_its_environment(argv):
    """A daemon whose log is its environment."""
    os.write(1, "".join(f"{name}={value}\n" for name, value in os.environ.items()).encode())
    steady(argv)


def broken(argv):
    """A daemon that cannot start."""
    os.write(1, b"the reason is in the last line\n")
    return 3


def toy(name, entry, host=None, interpreter=Interpreter.API, stage=0):
    """A daemon whose entry is a function of this file."""
    return Daemon(name, host, f"{__name__}:{entry}", (), interpreter, stage)


def wait_until(question, seconds=60.0):
    """The first true answer; for what only the kernel knows and nobody announces."""
    deadline = time.monotonic() + seconds
    while not (answer := question()):
        assert time.monotonic() < deadline, "never happened"
        time.sleep(0.005)
    return answer


def is_gone(pid):
    """Has the process ended, and been reaped?"""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


def daemon(lab, name):
    return next(each for each in lab.read().daemons if each.name == name)


def exec_command(lab, *words):
    """The words of `mockcloud exec` as a user types it."""
    return [sys.executable, "-m", "mockcloud", "exec", "--name", lab.name, *words]


def run(lab, *command):
    """What `mockcloud exec` says, and how it ends."""
    return subprocess.run(
        exec_command(lab, *command), capture_output=True, text=True, timeout=90, check=False
    )


def lan_addresses(lab, host):
    return run(lab, host, "--", "ip", "-brief", "address", "show", "eth0").stdout.split()
