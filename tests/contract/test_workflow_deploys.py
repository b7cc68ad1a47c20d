"""The deployment workflow's own shell, with the real tools, against the emulated AWS."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
import yaml

from contract.support.operator_session import (
    STACK,
    make_fleet,
    read_outputs,
    sign_in,
    take_snapshot,
)
from ladybug_lab.aws.server import LabAws
from support.bundles import ROOT

pytestmark = pytest.mark.thorough
VERSION = "0.1.0"
URI = f"s3://bucket/ladybug-agent/{VERSION}"
TEMPLATE_URL = (
    f"https://bucket.s3.amazonaws.com/ladybug-agent/{VERSION}/cloudformation/replicas.yaml"
)
INPUTS = {
    "stack": STACK,
    "snapshot-tags": "Environment=prod\nRepository=sec\n",
    "parameters": '{"Environment": "prod"}',
    "cloudformation-role": "",
    "allow-empty": "false",
}
PUBLISHED = {"version": VERSION, "sha256": "ab" * 32, "uri": URI}
EXPRESSION = re.compile(r"\$\{\{ (?:inputs\.([\w-]+)|steps\.(\w+)\.outputs\.(\w+)) \}\}")
TEMPLATE = {
    "Parameters": {
        name: {"Type": "String"}
        for name in ("Environment", "AgentVersion", "BundleSha256", "DataMode", "SnapshotId")
    },
    "Resources": {"Group": {"Type": "AWS::AutoScaling::AutoScalingGroup"}},
}


class Runner:
    """As much of GitHub's runner as the workflow needs."""

    def __init__(self, directory: Path) -> None:
        self.job: dict[str, Any] = yaml.safe_load(
            (ROOT / "packaging/github/deploy-replicas.yml").read_text(encoding="utf-8")
        )["jobs"]["deploy"]
        self.outputs: dict[str, dict[str, str]] = {"publish": PUBLISHED}
        self.summary = directory / "summary"
        self._directory = directory

    def run(self, name: str) -> None:
        """Run a step; it must end well."""
        (step,) = [one for one in self.job["steps"] if one["name"] == name]
        given = self._directory / f"outputs of {name}"
        given.touch()
        environment = {
            **os.environ,
            **{key: self.value(said) for key, said in step["env"].items()},
            "PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin",
            "RUNNER_TEMP": str(self._directory),
            "GITHUB_OUTPUT": str(given),
            "GITHUB_STEP_SUMMARY": str(self.summary),
        }
        done = subprocess.run(
            ["/bin/bash", "-eo", "pipefail", "-c", step["run"]],
            env=environment,
            check=False,
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert done.returncode == 0, done.stderr
        if "id" in step:
            self.outputs[step["id"]] = read_outputs(given)

    def value(self, said: object) -> str:
        """Return a text of the workflow with its expressions worked out."""

        def found(match: re.Match[str]) -> str:
            return INPUTS[match[1]] if match[1] else self.outputs[match[2]][match[3]]

        return EXPRESSION.sub(found, str(said))

    def job_outputs(self) -> dict[str, str]:
        return {name: self.value(said) for name, said in self.job["outputs"].items()}


def test_findings_06_and_10_what_one_step_finds_out_reaches_the_next_and_the_caller(
    aws: LabAws, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    snapshot_id = take_snapshot(aws)

    def row(instance_id: str) -> dict[str, Any]:
        return {
            "instance_id": {"S": instance_id},
            "node_type": {"S": "shared_replica"},
            "status": {"S": "healthy"},
            "lease_expires_at": {"N": str(int(time.time()) + 600)},
            "agent_version": {"S": VERSION},
            "snapshot_id": {"S": snapshot_id},
        }

    make_fleet(aws, row, "i-0000000000000000a", "i-0000000000000000b", snapshot_id=snapshot_id)
    aws.stacks.published[TEMPLATE_URL] = json.dumps(TEMPLATE)
    table = aws.stacks.stacks[STACK].parameters["RegistryTable"]
    sign_in(aws.url, monkeypatch)
    runner = Runner(tmp_path)
    for name in ("Choose the snapshot", "Deploy the stack"):
        runner.run(name)
    assert aws.stacks.stacks[STACK].parameters == {
        "Environment": "prod",
        "AgentVersion": VERSION,
        "BundleSha256": "ab" * 32,
        "DataMode": "snapshot",
        "SnapshotId": snapshot_id,
    }
    aws.stacks.stacks[STACK].parameters["RegistryTable"] = table
    for name in ("Wait for the replicas", "Show the fleet"):
        runner.run(name)
    assert runner.job_outputs() == {
        "version": VERSION,
        "bundle-sha256": "ab" * 32,
        "snapshot-id": snapshot_id,
        "snapshot-source": "by_hand",
        "snapshot-age-days": "0.0",
        "outcome": "updated",
        "ready": "2",
    }
    assert "2 ready of 2 wanted" in runner.summary.read_text(encoding="utf-8")
