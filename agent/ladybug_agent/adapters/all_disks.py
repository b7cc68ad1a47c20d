"""The disks as a diagnosis sees them: one by its number at once, all of them with their names."""

from __future__ import annotations

from ladybug_agent.adapters.lean.disks import LeanDisks
from ladybug_agent.model.storage import BlockDevice


class AllDisks(LeanDisks):
    def disks(self) -> tuple[BlockDevice, ...]:
        from ladybug_agent.adapters.block_devices import (  # noqa: PLC0415 - 50 ms for pyudev
            KernelBlockDevices,
        )

        return KernelBlockDevices().disks()
