"""`baremetal-lb` on whatever terminal or pipe: one clear message at most, never a stack trace."""

import os
import signal
import subprocess
import sys

import pytest

GOOD = "address-pools:\n- {name: lab, protocol: layer2, addresses: [10.0.0.0/24]}\n"
TALKATIVE = (("--help",), ("--version",), ("check-config", "-"), ("speaker", "--help"))


def run(*words, **streams):
    command = [sys.executable, "-m", "baremetal_lb", *words]
    return subprocess.run(command, text=True, input=GOOD, timeout=90, check=False, **streams)


@pytest.mark.parametrize("words", TALKATIVE, ids=" ".join)
def test_a_full_disk_is_said_in_one_line(words):
    """`baremetal-lb check-config FILE > report` where no space is left."""
    with open("/dev/full", "w") as full:
        ended = run(*words, stdout=full, stderr=subprocess.PIPE)

    said = "baremetal-lb: cannot write the output: No space left on device\n"
    assert (ended.returncode, ended.stderr) == (1, said)


@pytest.mark.parametrize("words", TALKATIVE, ids=" ".join)
def test_a_closed_pipe_ends_it_without_a_word(words):
    """`baremetal-lb check-config FILE | head -0`."""
    heard, told = os.pipe()
    os.close(heard)

    ended = run(*words, stdout=told, stderr=subprocess.PIPE)

    os.close(told)
    assert (ended.returncode, ended.stderr) == (1, "")


@pytest.mark.parametrize("words", [*TALKATIVE, ("no-such-command",)], ids=" ".join)
def test_errors_that_cannot_be_said_are_no_reason_to_say_more(words):
    """Neither stdout nor stderr can be written: only the exit code is left."""
    with open("/dev/full", "w") as full:
        ended = run(*words, stdout=full, stderr=full)

    assert ended.returncode in (1, 2)


def test_ctrl_c_is_no_stack_trace():
    """While check-config waits for its text."""
    command = [sys.executable, "-c", _SAYS_WHEN_IT_READS]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as checking:
        assert checking.stdout.readline() == "reading\n"

        checking.send_signal(signal.SIGINT)
        said = checking.communicate(timeout=90)[1]

    assert (checking.returncode, "Traceback" in said) == (1, False)


_SAYS_WHEN_IT_READS = """
import sys
from baremetal_lb import entry
class Stdin:
    def read(self):
        print("reading", flush=True)
        return sys.__stdin__.read()
sys.stdin = Stdin()
sys.argv = ["baremetal-lb", "check-config", "-"]
entry.main()
"""
