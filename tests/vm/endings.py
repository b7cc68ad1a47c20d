"""How a boot ends that fails: what is there inside, and what those outside were told."""

from __future__ import annotations

from typing import Any

from vm.instance import BOOT, Instance
from vm.surroundings import await_

FAILED_S = 900.0
SETTLED_S = 120.0


def await_told_of_failure(instance: Instance, *, within_s: float = FAILED_S) -> None:
    """Wait until both, the stack and the group's launch hook, were told."""
    await_(
        "FAILURE and ABANDON",
        lambda: bool(instance.stack.signalled() and instance.stack.completed()),
        within_s=within_s,
    )
    assert instance.stack.signalled() == ["FAILURE"]
    assert instance.stack.completed() == ["ABANDON"]


def assert_boot_failed(
    instance: Instance, code: str, *, within_s: float = FAILED_S
) -> dict[str, Any]:
    """Wait for the end of a boot that fails with this code, and return its record.

    Everybody was told, nobody serves: no healthy row, no container that runs; the reason is on the
    console, from where it can be read when the instance is gone.
    """
    await_told_of_failure(instance, within_s=within_s)
    await_(
        "the end of the unit",
        lambda: instance.show(BOOT, "ActiveState") == "failed",
        within_s=SETTLED_S,
    )
    record = instance.record()
    assert (record["outcome"], record["code"]) == ("failed", code)
    assert code in instance.on.shown()
    assert instance.stack.row().get("status") != "healthy"
    running = "docker ps --quiet --filter name=graph-api-shared"
    assert instance.on.guest.shell(running).strip() == ""
    return record
