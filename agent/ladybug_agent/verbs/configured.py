"""What every verb does first: read the configuration, and log as it says."""

from __future__ import annotations

import argparse

from ladybug_agent.config import Config
from ladybug_agent.config.file import load_config
from ladybug_agent.logs import configure_logs


def configured(arguments: argparse.Namespace) -> Config:
    config = load_config(arguments.config)
    configure_logs(config.logging, verb=arguments.verb)
    return config
