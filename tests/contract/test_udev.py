"""Waiting for events of block devices, with and without a udevd that sends them."""

from __future__ import annotations

import errno
import os
import time
from collections.abc import Iterator
from pathlib import Path
from threading import Timer

import pytest

from contract.support.loops import attached_loop, disk_at
from contract.support.timing import ends_within
from ladybug_agent.adapters.block_devices import KernelBlockDevices
from ladybug_agent.adapters.udev import UdevIdentity, UdevWatch, udev_identity
from ladybug_agent.model.storage import EBS_MODEL
from ladybug_lab.volumes.udev import ensure_udevd, ensure_volume_rule


class PipeMonitor:
    """A source of events that needs no privilege: a byte is one."""

    def __init__(self) -> None:
        self._read, self._write = os.pipe()
        os.set_blocking(self._read, False)

    def fileno(self) -> int:
        return self._read

    def poll(self, timeout: float) -> bytes | None:
        assert timeout == 0
        try:
            return os.read(self._read, 1)
        except BlockingIOError:
            return None

    def send(self, count: int) -> None:
        os.write(self._write, b"." * count)

    def close(self) -> None:
        os.close(self._read)
        os.close(self._write)


@pytest.fixture
def monitors() -> Iterator[tuple[PipeMonitor, PipeMonitor]]:
    pair = (PipeMonitor(), PipeMonitor())
    yield pair
    for monitor in pair:
        monitor.close()


Pair = tuple[PipeMonitor, PipeMonitor]


@pytest.mark.parametrize("source", [0, 1])
def test_an_event_of_either_source_ends_the_wait(monitors: Pair, source: int) -> None:
    timer = Timer(0.1, monitors[source].send, [1])
    timer.start()
    with ends_within(2):
        UdevWatch(monitors).wait(30)
    timer.join()


def test_an_event_before_the_wait_is_not_lost(monitors: Pair) -> None:
    monitors[0].send(1)
    with ends_within(1):
        UdevWatch(monitors).wait(30)


def test_one_look_answers_all_events_so_far(monitors: Pair) -> None:
    for monitor in monitors:
        monitor.send(50)
    watch = UdevWatch(monitors)
    watch.wait(30)
    started = time.monotonic()
    watch.wait(0.1)
    assert time.monotonic() - started >= 0.1


def test_the_real_watch_returns_in_time_without_an_event() -> None:
    with KernelBlockDevices().watch() as watch, ends_within(1):
        watch.wait(0.1)


def test_a_watch_can_be_opened_again() -> None:
    for _ in range(3):
        with KernelBlockDevices().watch() as watch:
            watch.wait(0)


class FullMonitor(PipeMonitor):
    """A socket that lost events because nobody read them in time."""

    def poll(self, timeout: float) -> bytes | None:
        super().poll(timeout)
        raise OSError(errno.ENOBUFS, os.strerror(errno.ENOBUFS))


def test_events_that_were_lost_end_the_wait_as_one_that_came() -> None:
    monitor = FullMonitor()
    monitor.send(1)
    with ends_within(1):
        UdevWatch((monitor,)).wait(30)
    monitor.close()


@pytest.mark.parametrize("node", ["/dev/null", "/dev/ladybug-no-such-disk", "/etc/hostname"])
def test_what_udev_does_not_know_has_no_identity(node: str) -> None:
    assert udev_identity(node) == UdevIdentity()


@pytest.mark.integration
def test_the_serial_of_a_real_disk_is_in_udevs_database(tmp_path: Path) -> None:
    image = tmp_path / "vol-0123456789abcdef0"
    image.touch()
    os.truncate(image, 2**20)
    ensure_udevd()
    ensure_volume_rule()
    with attached_loop(image) as device:
        identity = udev_identity(str(device.node))
        assert (identity.serial, identity.model) == ("vol0123456789abcdef0", EBS_MODEL)
        assert disk_at(device).serial == identity.serial


@pytest.mark.integration
def test_a_disk_that_appears_wakes_the_watch(tmp_path: Path) -> None:
    image = tmp_path / "volume"
    image.touch()
    os.truncate(image, 2**20)
    with KernelBlockDevices().watch() as watch, attached_loop(image), ends_within(5):
        watch.wait(30)
