"""A boot that is killed or told to stop at any step boundary: the next one converges."""

from __future__ import annotations

from typing import Any

import pytest

from fakes.boot import STEPS
from ladybug_lab.instance import LabInstance
from support.booting import boot, container_of, container_status, mounted, record_of, row_of
from support.reboot import scripted_boot

pytestmark = pytest.mark.integration

BOUNDARIES = [f"{step}:{status}" for step in STEPS for status in ("running", "done")]
SIGKILLED = -9
# What differs between two equally good boots.
PASSING = frozenset(
    {
        "available_capacity_pct",
        "booted_at",
        "container_id",
        "cpu_utilization",
        "created_at",
        "iops_utilization",
        "last_health_check",
        "lease_expires_at",
        "memory_utilization",
        "registration_id",
        "ttl",
        "write_id",
    }
)


def _end_state(instance: LabInstance) -> dict[str, Any]:
    """Return what a boot leaves, without what differs between two equally good ones."""
    row = row_of(instance)
    assert row is not None
    with container_of(instance) as container:
        spec = container.attrs["HostConfig"]
        facts = {
            "status": container.status,
            "image": container.attrs["Image"],
            "restrictions": (spec["ReadonlyRootfs"], spec["CapDrop"], spec["SecurityOpt"]),
        }
        # The row tells of this very container.
        assert row["container_id"] == container.id
    lasting = {name: value for name, value in row.items() if name not in PASSING}
    return {"row": lasting, "container": facts, "mount": mounted(instance)}


@pytest.mark.parametrize("boundary", BOUNDARIES)
def test_a_killed_boot_and_its_rerun_end_as_a_boot_does(
    instance: LabInstance, boundary: str
) -> None:
    killed = scripted_boot(instance, kill=boundary)
    assert killed.returncode == SIGKILLED, killed.stderr
    found = row_of(instance)
    # No row that says healthy unless there is a container that was.
    assert found is None or container_status(instance) == "running"

    rerun = boot(instance)
    assert rerun.status == 0, rerun.events
    after_kill = _end_state(instance)

    undisturbed = boot(instance)
    assert undisturbed.status == 0
    assert _end_state(instance) == after_kill
    assert after_kill["row"]["status"] == "healthy"
    assert after_kill["container"]["status"] == "running"
    assert "ro" in after_kill["mount"]["options"].split(",")


@pytest.mark.parametrize("boundary", BOUNDARIES)
def test_a_boot_told_to_stop_stops_in_order_or_is_done(
    instance: LabInstance, boundary: str
) -> None:
    told = scripted_boot(instance, terminate=boundary)
    record, row = record_of(instance), row_of(instance)
    if record["outcome"] == "registered":  # too late: nothing was left to wait for
        assert STEPS.index(boundary.partition(":")[0]) >= STEPS.index("await_healthy")
        assert (told.returncode, container_status(instance)) == (0, "running")
        assert row is not None
        assert row["status"] == "healthy"
        return
    assert (record["outcome"], told.returncode) == ("cancelled", 1), told.stderr
    assert row is None
    assert container_status(instance) in {"absent", "exited"}
    # Being told to stop is no verdict about the instance: nobody is told that it failed.
    assert instance.aws.signals == []
    assert instance.aws.lifecycle_results == []
