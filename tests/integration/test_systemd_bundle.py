"""A bundle beside a real systemd: journal, units, timers; and no replica on the machine."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from fakes.configurations import MINIMAL
from support.canaries import JWT, PEM, PEM_BODY
from support.systemd_agent import without_replica
from support.systemd_machine import AGENT, SystemdMachine

pytestmark = pytest.mark.integration

BUNDLE = "/var/tmp/bundle.tar.gz"
HEALTH, TIMER = "ladybug-health.service", "ladybug-health.timer"
WRITTEN = f"db_password=hunter2-hunter2 sent Bearer {JWT}\n{PEM}\nthe end of it"


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[SystemdMachine]:
    config = tmp_path / "config.toml"
    config.write_text(MINIMAL)
    with without_replica(config) as found:
        found.install(HEALTH, TIMER)
        yield found


def file_of(machine: SystemdMachine, name: str) -> str:
    return machine.run("tar", "--extract", "--to-stdout", f"--file={BUNDLE}", "--wildcards", name)


def test_a_bundle_has_the_journal_without_its_secrets(machine: SystemdMachine) -> None:
    machine.write("/tmp/written", WRITTEN)
    machine.run("sh", "-c", "systemd-cat --identifier=canary cat /tmp/written; journalctl --sync")
    said = machine.run(AGENT, "diagnose", "--quick", "--bundle", BUNDLE, check=False)
    assert said.splitlines()[-1] == f"bundle: {BUNDLE}"
    manifest: dict[str, Any] = json.loads(file_of(machine, "*/manifest.json"))
    entries = {entry["name"]: entry for entry in manifest["files"]}
    journal = file_of(machine, "*/journal/this-boot.txt")
    assert "db_password=[redacted] sent Bearer [redacted]" in journal
    assert "the end of it" in journal
    assert [one for one in ("hunter2", JWT[:30], *PEM_BODY) if one in journal] == []
    assert entries["journal/this-boot.txt"]["redactions"] >= 3
    assert TIMER in file_of(machine, "*/systemd/unit-files.txt")
    assert entries["systemd/units.txt"]["outcome"] == "whole"
    # Nobody has booted a replica here, and there is one boot of the machine.
    assert {"journal/previous-boot.txt", "container/inspect.json"} <= set(manifest["failed"])
    assert machine.run("stat", "--format=%a %U", BUNDLE).split() == ["600", "root"]
