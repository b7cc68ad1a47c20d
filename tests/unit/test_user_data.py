"""The user data as CloudFormation makes it: one script, with the one configuration file in it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from ladybug_agent.config.file import load_config
from support.embedded import ROOT
from support.replica_stack import FIRST, configuration_file, replica_stack, user_data

MOST_BYTES = 16 * 1024
LONGEST = {
    "Environment": "e" * 31,
    "ClusterTier": "t" * 63,
    "Databases": [f"{'d' * 60}{number}" for number in range(50)],
    "EcrRepository": "r" * 256,
    "BundlePrefix": "b" * 200,
    "MapsPrefix": "m" * 200,
    "RegistryTable": "r" * 255,
}
VARIANTS = {
    "plain": {},
    "first deployment": FIRST,
    "by tag": {"ImageVersion": ":v1.2.3"},
    "no maps": {"MapsBucket": ""},
    "longest": LONGEST,
}


@pytest.mark.parametrize("changes", VARIANTS.values(), ids=VARIANTS)
def test_the_embedded_configuration_is_good(
    changes: dict[str, str | list[str]], tmp_path: Path
) -> None:
    path = tmp_path / "config.toml"
    path.write_text(configuration_file(replica_stack(**changes)), encoding="utf-8")
    assert load_config(path).signals.launch_hook == "replica-ready"


def test_config_check_itself_calls_it_good(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text(configuration_file(replica_stack()), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "ladybug_agent", "config", "check", "--config", path],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert (done.returncode, done.stdout.strip()) == (0, f"{path}: good")


def test_finding_01_a_first_deployment_is_configured_as_empty(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text(configuration_file(replica_stack(**FIRST)), encoding="utf-8")
    data = load_config(path).data
    assert (data.mode, data.databases, data.snapshot_id) == ("empty", (), "")


def test_the_volume_must_be_made_from_the_snapshot_that_was_deployed(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text(configuration_file(replica_stack()), encoding="utf-8")
    data = load_config(path).data
    assert (data.mode, data.snapshot_id) == ("snapshot", "snap-0123456789abcdef0")
    assert (data.databases, data.require_encryption) == (("sec", "industry"), True)


@pytest.mark.parametrize("changes", VARIANTS.values(), ids=VARIANTS)
def test_user_data_fits_into_what_ec2_takes(changes: dict[str, str | list[str]]) -> None:
    assert len(user_data(replica_stack(**changes)).encode()) <= MOST_BYTES


def test_the_stub_follows_the_header_word_for_word() -> None:
    text, stub = user_data(replica_stack()), (ROOT / "packaging" / "userdata.sh").read_text()
    assert text.startswith("#!/bin/bash\n")
    assert text.endswith(stub)
    assert "${" not in stub


def test_user_data_is_a_script_without_a_fault_that_shellcheck_finds(tmp_path: Path) -> None:
    script = tmp_path / "user-data.sh"
    script.write_text(user_data(replica_stack()), encoding="utf-8")
    checker = Path(sys.executable).with_name("shellcheck")
    done = subprocess.run(
        # SC1128: the stub's own first line is a comment in here.
        [checker, "--severity=warning", "--exclude=SC1128", script],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert (done.stdout, done.returncode) == ("", 0)


def test_the_header_sets_what_the_stub_reads_and_writes_the_file(tmp_path: Path) -> None:
    """Run with everything before the stub, in a root of its own."""
    header = user_data(replica_stack()).removesuffix(
        (ROOT / "packaging" / "userdata.sh").read_text()
    )
    script = header.replace("/etc/ladybug-agent", str(tmp_path)) + "\nset\n"
    done = subprocess.run(
        ["bash", "-euc", script],
        env={"PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        timeout=30,
        check=True,
    )
    told = dict(line.split("=", 1) for line in done.stdout.splitlines() if "=" in line)
    assert {name: value for name, value in told.items() if name.startswith("LADYBUG_")} == {
        "LADYBUG_VERSION": "1.0.0",
        "LADYBUG_BUNDLE": "s3://ladybug-lab-deployment/ladybug-agent/1.0.0/"
        "ladybug-agent-1.0.0.tar.gz",
        "LADYBUG_SHA256": "0" * 64,
        "LADYBUG_REGION": "us-east-1",
        "LADYBUG_STACK": "shared-replicas-lab",
        "LADYBUG_RESOURCE": "ReplicaGroup",
        "LADYBUG_GROUP": "shared-replicas-lab-replicas",
        "LADYBUG_HOOK": "replica-ready",
    }
    assert (tmp_path / "config.toml").read_text() == configuration_file(replica_stack())


def test_stub_and_agent_tell_the_same_stack_and_hook() -> None:
    text = user_data(replica_stack())
    for header, key in (
        ("LADYBUG_STACK", "stack_name"),
        ("LADYBUG_RESOURCE", "logical_resource_id"),
        ("LADYBUG_GROUP", "auto_scaling_group"),
        ("LADYBUG_HOOK", "launch_hook"),
    ):
        (value,) = (
            line.split("'")[1] for line in text.splitlines() if line.startswith(header + "=")
        )
        assert f'\n{key} = "{value}"\n' in text
    assert "ReplicaGroup" in replica_stack().template["Resources"]
