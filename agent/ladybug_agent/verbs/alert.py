"""The verb `alert`: a unit of the agent has failed, and somebody is to hear of it."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from ladybug_agent.clock import SystemClock
from ladybug_agent.config.file import load_config
from ladybug_agent.errors import AgentError
from ladybug_agent.exit_status import ExitStatus
from ladybug_agent.journal import Journal

SUBJECT_CHARS = 100


def alert(arguments: argparse.Namespace) -> ExitStatus:
    """Tell the topic, where there is one; that it cannot be told is worth a line, no more."""
    from ladybug_agent.served import read_served
    from ladybug_agent.state import StateDirectory
    from ladybug_agent.wiring_tick import build_alert_cloud

    config = load_config(arguments.config)
    clock = SystemClock()
    journal = Journal(sys.stderr, clock, level=config.logging.level, verb="alert")
    journal.error("unit_failed", unit=arguments.unit)
    topic = config.alerts.sns_topic
    if not topic:
        return ExitStatus.GOOD
    environment = config.instance.environment
    try:
        served = read_served(StateDirectory(Path(config.instance.state_dir)).served)
        cloud, instance_id = build_alert_cloud(config, served, clock)
        subject = f"{environment} {instance_id}: {arguments.unit} has failed"
        message = f"{subject}\n\nsystemctl status {arguments.unit}; journalctl -u {arguments.unit}"
        cloud.notify(topic, subject[:SUBJECT_CHARS], message)
    except AgentError as error:
        journal.warning("alert_not_sent", code=error.code, message=str(error))
        return ExitStatus.NOT_GOOD
    journal.info("alert_sent", topic=topic, unit=arguments.unit)
    return ExitStatus.GOOD
