"""A read of a disk that not even SIGKILL ends. Here, and not in `contract/`, for the 5 s."""

from __future__ import annotations

import gc
import os
from pathlib import Path

import pytest

from contract.support.loops import pinned_loop
from contract.support.timing import ends_within
from ladybug_agent.adapters.commands import REAP_S
from ladybug_agent.clock import Deadline, SystemClock
from ladybug_agent.errors import ExternalFailure
from ladybug_agent.ports.storage import PinnedDevice
from ladybug_lab.shell import run
from ladybug_lab.volumes.faulty_file import faulty_file

pytestmark = pytest.mark.integration

MIB = 2**20
ALLOWED_S = 0.3


def read_in_vain(device: PinnedDevice) -> str:
    with ends_within(ALLOWED_S + REAP_S + 2), pytest.raises(ExternalFailure) as failure:
        device.read_block(0, Deadline.after(ALLOWED_S, SystemClock()))
    return failure.value.code


@pytest.mark.filterwarnings("ignore:subprocess .* is still running:ResourceWarning")
def test_a_read_that_hangs_is_given_up_and_others_go_on_later(tmp_path: Path) -> None:
    backing = tmp_path / "volume"
    backing.touch()
    os.truncate(backing, MIB)
    with faulty_file(backing) as faulty, pinned_loop(faulty.path) as device:
        run(["udevadm", "settle"], timeout_s=10)  # or udev's own look might be what hangs
        faulty.hang_reads(0, 4096)
        try:
            assert read_in_vain(device) == "command_unkillable"
        finally:
            faulty.release()
        device.read_block(0, Deadline.after(10, SystemClock()))
    gc.collect()  # the process that was left behind, while its warning is ignored
