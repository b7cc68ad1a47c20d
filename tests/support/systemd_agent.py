"""A machine with systemd on which the real agent looks at a replica of the lab."""

from __future__ import annotations

import shlex
import sysconfig
from collections.abc import Iterator
from contextlib import contextmanager

from ladybug_lab.instance import LabInstance
from support.systemd_machine import AGENT, PYTHON, ROOT, SystemdMachine, systemd_machine

CONFIG = "/etc/ladybug-agent/config.toml"


@contextmanager
def agent_machine(instance: LabInstance) -> Iterator[SystemdMachine]:
    """Boot the machine; it shares the replica's network, engine, state and configuration."""
    site = sysconfig.get_path("purelib")
    volumes = [
        f"{ROOT}:{ROOT}:ro",
        f"{site}:{site}:ro",
        f"{instance.order.directory}:{instance.order.directory}",
        "/var/run/docker.sock:/var/run/docker.sock",
    ]
    with systemd_machine("--network", "host", volumes=volumes) as booted:
        variables = {
            name: value for name, value in instance.environment().items() if name.startswith("AWS_")
        } | {"PYTHONPATH": f"{ROOT / 'agent'}:{site}", "PYTHONDONTWRITEBYTECODE": "1"}
        exports = "".join(f"export {n}={shlex.quote(v)}\n" for n, v in variables.items())
        booted.write(
            AGENT, f'#!/bin/sh\n{exports}exec {PYTHON} -m ladybug_agent "$@"\n', mode="755"
        )
        booted.write(CONFIG, instance.config_file.read_text(encoding="utf-8"))
        yield booted
