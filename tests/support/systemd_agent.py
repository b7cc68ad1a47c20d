"""A machine with systemd on which the real agent runs."""

from __future__ import annotations

import shlex
import sysconfig
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from ladybug_lab.instance import LabInstance
from support.systemd_machine import AGENT, PYTHON, ROOT, SystemdMachine, systemd_machine

CONFIG = "/etc/ladybug-agent/config.toml"


@contextmanager
def beside_replica(instance: LabInstance) -> Iterator[SystemdMachine]:
    """Boot a machine that shares the replica's network, engine, state and configuration."""
    directory = instance.order.directory
    volumes = (f"{directory}:{directory}", "/var/run/docker.sock:/var/run/docker.sock")
    with systemd_machine("--network", "host", volumes=(*_code(), *volumes)) as booted:
        aws = {name: value for name, value in instance.environment().items() if "AWS_" in name}
        _install(booted, aws, instance.config_file)
        yield booted


@contextmanager
def without_replica(config: Path) -> Iterator[SystemdMachine]:
    """Boot a machine with the agent and nothing else: neither network nor engine nor AWS."""
    with systemd_machine("--network", "none", volumes=_code()) as booted:
        _install(booted, {}, config)
        yield booted


def _code() -> tuple[str, ...]:
    site = sysconfig.get_path("purelib")
    return f"{ROOT}:{ROOT}:ro", f"{site}:{site}:ro"


def _install(machine: SystemdMachine, variables: Mapping[str, str], config: Path) -> None:
    path = f"{ROOT / 'agent'}:{sysconfig.get_path('purelib')}"
    variables = {**variables, "PYTHONPATH": path, "PYTHONDONTWRITEBYTECODE": "1"}
    exports = "".join(f"export {n}={shlex.quote(v)}\n" for n, v in variables.items())
    machine.write(AGENT, f'#!/bin/sh\n{exports}exec {PYTHON} -m ladybug_agent "$@"\n', mode="755")
    machine.write(CONFIG, config.read_text(encoding="utf-8"))
