"""The workflows of CI: they say what a person would type, and run nobody's newest code."""

import re

import pytest
import yaml

from tests.packaging.installs import ROOT

WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
PINNED = re.compile(r"^[\w.-]+/[\w./-]+@[0-9a-f]{40}$")
each_workflow = pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)


def steps(path):
    """All steps of all jobs."""
    jobs = yaml.safe_load(path.read_text())["jobs"].values()
    return [step for job in jobs for step in job.get("steps", ())]


@each_workflow
def test_a_workflow_is_one(path):
    """A name, an event, and jobs that end by themselves and may write only what they say."""
    workflow = yaml.load(path.read_text(), Loader=yaml.BaseLoader)  # there `on` is no boolean

    assert {"name", "on", "jobs", "permissions"} <= set(workflow)
    assert workflow["permissions"] == {"contents": "read"}
    for name, job in workflow["jobs"].items():
        needs = job.get("needs", [])
        assert ({needs} if isinstance(needs, str) else set(needs)) <= set(workflow["jobs"]), name
        if "uses" in job:  # another workflow of ours
            assert (ROOT / job["uses"]).is_file(), name
            continue
        assert job.get("timeout-minutes"), name
        assert {"runs-on", "steps"} <= set(job), name


@each_workflow
def test_an_action_is_pinned_by_its_commit(path):
    """A tag can be moved to other code; the comment beside tells which release it is."""
    for line in path.read_text().splitlines():
        if "uses:" in line and "uses: ./" not in line:
            assert re.search(r"# v\d", line), line
    assert all(PINNED.match(step["uses"]) for step in steps(path) if "uses" in step)


@each_workflow
def test_a_workflow_calls_targets_that_there_are(path):
    """Each `make TARGET` is one of the Makefile's, each of our files that it runs is there."""
    targets = re.findall(r"^([a-z][\w-]*):", (ROOT / "Makefile").read_text(), re.MULTILINE)

    for step in steps(path):
        script = step.get("run", "")
        assert set(re.findall(r"\bmake ([a-z][\w-]*)", script)) <= set(targets), script
        for file in re.findall(r"(?:^|\s)((?:e2e|tools|image)/[\w/.-]+)", script):
            assert (ROOT / file).exists(), file


def test_all_that_a_person_runs_before_a_change_runs_in_ci():
    """The gate, the tests, the demonstration, the suite, the image, and what takes long."""
    said = "\n".join(step.get("run", "") for path in WORKFLOWS for step in steps(path))

    wanted = {
        "lint",
        "test",
        "demo",
        "manifest",
        "e2e",
        "e2e-kind",
        "e2e-real",
        "conformance",
        "image",
        "reproducible",
    }
    assert wanted <= set(re.findall(r"\bmake ([a-z][\w-]*)", said))
