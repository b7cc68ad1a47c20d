"""Docker is restarted under a replica that serves."""

from __future__ import annotations

import pytest

from ladybug_lab.depot import DATABASE
from ladybug_lab.packages import SAMPLE_QUERY
from vm.conftest import Launch
from vm.instance import BOOT
from vm.surroundings import await_

pytestmark = pytest.mark.vm

LEASE_S = 300.0


def test_a_restart_of_docker_neither_stops_the_boot_nor_ends_the_replica(launch: Launch) -> None:
    instance = launch("idle")
    instance.resume()
    instance.plug()
    instance.run_user_data()
    before = instance.await_registered()
    instance.on.guest.shell("systemctl restart docker.service", within_s=180.0)
    ended = instance.stack.row()["lease_expires_at"]
    await_(
        "a healthy row with a later lease",
        lambda: (
            instance.stack.row()["status"] == "healthy"
            and instance.stack.row()["lease_expires_at"] > ended
        ),
        within_s=LEASE_S,
    )
    answer = instance.ask_service(f"/databases/{DATABASE}/query", {"cypher": SAMPLE_QUERY})
    assert len(answer["rows"]) == 5
    assert instance.stack.row()["registration_id"] == before["registration_id"]
    assert instance.show(BOOT, "ActiveState") == "active"
