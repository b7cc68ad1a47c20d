"""The snapshot was taken of a mounted volume: its XFS log has to be replayed, once."""

from __future__ import annotations

from pathlib import Path

import pytest

from support.volumes import copy_image, make_journal_dirty, xfs_log_is_dirty
from vm.conftest import Launch
from vm.inside import mounted_from, step

pytestmark = [pytest.mark.vm, pytest.mark.fast]


def test_a_dirty_log_is_replayed_once_and_the_device_sealed(launch: Launch, tmp_path: Path) -> None:
    instance = launch("idle")
    snapshot = tmp_path / "dirty.img"
    copy_image(instance.parts.master, snapshot)
    make_journal_dirty(snapshot)
    assert xfs_log_is_dirty(snapshot)
    instance.make_volume_of(snapshot)
    instance.resume()
    instance.plug()
    instance.run_user_data()
    instance.await_registered()
    assert step(instance, "mount")["facts"]["journal_replayed"] is True
    assert mounted_from(instance)
