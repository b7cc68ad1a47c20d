"""The data branch alone, in a process of its own; prints the seconds of each step as JSON."""

from __future__ import annotations

import json
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

from ladybug_agent.boot import Boot
from ladybug_agent.clock import Deadline, SystemClock
from ladybug_agent.config.file import load_config
from ladybug_agent.data_branch import prepare_data
from ladybug_agent.logs import configure_logs
from ladybug_agent.record import BootRecord
from ladybug_agent.resources.identity import await_identity
from ladybug_agent.resources.registry_row import Fence
from ladybug_agent.resources.snapshot import VerifiedSnapshot
from ladybug_agent.wiring import build_world


def main() -> int:
    config = load_config(Path(sys.argv[1]))
    configure_logs(config.logging, verb="bench")
    clock = SystemClock()
    world = build_world(config, clock)
    deadline = Deadline.after(60, clock)
    instance = await_identity(world.metadata, deadline)
    with tempfile.TemporaryDirectory() as directory, ExitStack() as held:
        record = BootRecord(Path(directory) / "record.json", clock)
        boot = Boot(
            config=config,
            world=world,
            record=record,
            fence=Fence(registration_id="bench", boot=world.machine.boot()),
            deadline=deadline,
        )
        began = time.monotonic()
        found = prepare_data(boot, instance, held, lambda _: None)
        total_s = time.monotonic() - began
        assert isinstance(found, VerifiedSnapshot)
        steps = {step.name: step.duration_s for step in record.steps}
    print(json.dumps({"total_s": total_s, **steps}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
