"""The workflows: their form, their security, their shell, and the command lines that they run."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from ladybug_fleet.command_line import build_parser
from support.bundles import ROOT

CI = ROOT / ".github/workflows/ci.yml"
DEPLOY = ROOT / "packaging/github/deploy-replicas.yml"
WORKFLOWS = (CI, DEPLOY)
TOOLS = Path(sys.executable).parent
PINNED = re.compile(r"uses: [\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+")
OFFLINE = {"PATH": os.environ["PATH"], "HOME": "/nonexistent"}

# What the steps before would have given, and what the runner gives.
GIVEN = {
    "PUBLISH_TO": "s3://bucket/prefix",
    "SNAPSHOT_TAGS": "Environment=prod\nRepository=sec filings\n",
    "ALLOW_EMPTY": "true",
    "STACK": "replicas",
    "PARAMETERS": '{"Environment": "prod", "Quoted": "it\'s $HOME"}',
    "CLOUDFORMATION_ROLE": "",
    "PUBLISHED": "s3://bucket/prefix/0.1.0/",
    "VERSION": "0.1.0",
    "SHA256": "ab",
    "DATA_MODE": "empty",
    "SNAPSHOT_ID": "",
}


RECORDER = """#!{python}
import json, sys
with open("{log}", "a") as log:
    log.write(json.dumps(sys.argv[1:]) + chr(10))
"""


def read(path: Path) -> dict[Any, Any]:
    document: dict[Any, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return document


def steps(path: Path) -> Iterator[dict[str, Any]]:
    for job in read(path)["jobs"].values():
        yield from job["steps"]


def scripts() -> Iterator[tuple[str, str]]:
    for path in WORKFLOWS:
        for step in steps(path):
            if "run" in step:
                yield f"{path.name}: {step['name']}", step["run"]


SCRIPTS = dict(scripts())


def tool(*argv: str, text: str | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: PLW1510 - the caller looks at the status
        [str(TOOLS / argv[0]), *argv[1:]],
        input=text,
        capture_output=True,
        text=True,
        timeout=60,
        env=OFFLINE,
    )


@pytest.mark.thorough
def test_they_are_workflows_of_github() -> None:
    found = tool(
        "check-jsonschema", "--builtin-schema", "vendor.github-workflows", *map(str, WORKFLOWS)
    )
    assert (found.returncode, found.stdout) == (0, "ok -- validation done\n")


def test_zizmor_finds_nothing() -> None:
    found = tool("zizmor", "--offline", "--persona=pedantic", *map(str, WORKFLOWS))
    assert (found.returncode, found.stdout.strip()) == (
        0,
        "No findings to report. Good job!",
    ), found.stdout


@pytest.mark.parametrize("name", sorted(SCRIPTS))
def test_shellcheck_finds_nothing(name: str) -> None:
    found = tool("shellcheck", "--shell=bash", "-", text=SCRIPTS[name])
    assert (found.returncode, found.stdout) == (0, "")


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_every_action_is_pinned_to_a_commit_and_says_its_version(path: Path) -> None:
    used = [line.strip() for line in path.read_text().splitlines() if "uses:" in line]
    assert used
    assert [line for line in used if not PINNED.fullmatch(line)] == []


def test_all_pin_an_action_to_the_same_commit() -> None:
    pins = {step["uses"] for path in WORKFLOWS for step in steps(path) if "uses" in step}
    assert len(pins) == len({pin.partition("@")[0] for pin in pins})


@pytest.mark.parametrize("name", sorted(SCRIPTS))
def test_no_expression_is_pasted_into_a_shell(name: str) -> None:
    assert "${{" not in SCRIPTS[name]


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_a_workflow_has_no_right_that_a_job_does_not_ask_for(path: Path) -> None:
    document = read(path)
    assert document["permissions"] == {}
    for job in document["jobs"].values():
        assert set(job["permissions"]) <= {"contents", "id-token"}
        assert job["timeout-minutes"] <= 180


def test_a_deployment_under_way_is_never_cancelled() -> None:
    assert read(DEPLOY)["concurrency"]["cancel-in-progress"] is False


def test_continuous_integration_runs_what_people_run() -> None:
    runs = [step["run"] for step in steps(CI) if "run" in step]
    assert runs == ["./dev check", ".ci/run"]


def test_every_output_of_the_workflow_is_one_of_a_step() -> None:
    document = read(DEPLOY)
    called = document[True]["workflow_call"]["outputs"]  # YAML 1.1 reads the key `on` as true
    job = document["jobs"]["deploy"]
    assert [one["value"] for one in called.values()] == [
        f"${{{{ jobs.deploy.outputs.{name} }}}}" for name in job["outputs"]
    ]
    identified = {step["id"] for step in job["steps"] if "id" in step}
    for value in job["outputs"].values():
        step, output = re.fullmatch(r"\$\{\{ steps\.(\w+)\.outputs\.(\w+) \}\}", value).groups()  # type: ignore[union-attr]
        assert step in identified
        assert f'"{output}"' in sources_of(step)


def sources_of(verb: str) -> str:
    """Return what a verb is made of, as far as it may name an output."""
    fleet = ROOT / "agent/ladybug_fleet"
    found = [fleet / f"verbs/{verb}.py", *fleet.glob("*/text.py")]
    return "".join(path.read_text(encoding="utf-8") for path in found)


def test_no_output_has_the_accounts_number_in_it() -> None:
    """The runner drops a job's output in which it finds a masked value, and says so nowhere."""
    outputs = read(DEPLOY)["jobs"]["deploy"]["outputs"].values()
    assert [one for one in outputs if re.search(r"arn|uri|stack_id|image|role", one)] == []


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[list[str]]]:
    """A first deployment: where it ran, and the fleet tool's arguments."""
    directory = tmp_path_factory.mktemp("workflow")
    return directory, run_steps(directory)


def run_steps(tmp_path: Path, **given: str) -> list[list[str]]:
    """Run the deployment's shell as the runner does, and return the fleet tool's arguments."""
    log, program = tmp_path / "log", tmp_path / "bin/ladybug-fleet"
    program.parent.mkdir()
    program.write_text(RECORDER.format(python=sys.executable, log=log))
    program.chmod(0o755)
    environment = {
        **GIVEN,
        **given,
        "PATH": f"{program.parent}:/usr/bin:/bin",
        "RUNNER_TEMP": str(tmp_path),
        "GITHUB_STEP_SUMMARY": str(tmp_path / "summary"),
    }
    for step in steps(DEPLOY):
        if "ladybug-fleet" in step.get("run", ""):
            subprocess.run(
                ["/bin/bash", "-eo", "pipefail", "-c", step["run"]],
                env=environment,
                check=True,
                capture_output=True,
                timeout=30,
            )
    return [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()]


def test_every_command_line_is_one_that_the_fleet_tool_takes(
    ran: tuple[Path, list[list[str]]],
) -> None:
    verbs = [build_parser().parse_args(line).verb for line in ran[1]]
    assert verbs == ["build", "publish", "snapshot", "deploy", "wait", "status"]


def test_finding_01_a_first_deployment_is_one_input(ran: tuple[Path, list[list[str]]]) -> None:
    snapshot = build_parser().parse_args(ran[1][2])
    assert snapshot.allow_empty is True
    assert snapshot.tag == [("Environment", "prod"), ("Repository", "sec filings")]


def test_parameters_arrive_as_they_were_given(ran: tuple[Path, list[list[str]]]) -> None:
    given = (ran[0] / "parameters.json").read_text(encoding="utf-8")
    assert json.loads(given) == {"Environment": "prod", "Quoted": "it's $HOME"}


def test_finding_01_and_06_by_default_the_chosen_snapshot_reaches_the_stack(
    tmp_path: Path,
) -> None:
    lines = run_steps(tmp_path, SNAPSHOT_ID="snap-1", DATA_MODE="snapshot", ALLOW_EMPTY="false")
    snapshot, deploy, wait = (build_parser().parse_args(lines[place]) for place in (2, 3, 4))
    assert snapshot.allow_empty is False
    assert dict(deploy.parameter) == {
        "AgentVersion": "0.1.0",
        "BundleSha256": "ab",
        "DataMode": "snapshot",
        "SnapshotId": "snap-1",
    }
    assert deploy.template_url == "s3://bucket/prefix/0.1.0/cloudformation/replicas.yaml"
    assert wait.snapshot_id == "snap-1"
