"""A replica that serves gets the next version of the agent."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from vm.conftest import Launch
from vm.newer_version import newer_bundle
from vm.surroundings import await_

pytestmark = pytest.mark.vm

NEXT = "99.1.0"
HOME = "/opt/ladybug-agent"
REGISTERED_S = 600.0


def test_the_next_version_takes_over_and_the_container_serves_on(
    launch: Launch, tmp_path: Path
) -> None:
    instance = launch("idle")
    instance.resume()
    instance.plug()
    instance.run_user_data()
    before = instance.await_registered()
    instance.stack = replace(instance.stack, bundle=newer_bundle(tmp_path, NEXT))
    instance.stack.put_bundle(instance.stack.bundle.data)
    instance.stack.offer_user_data()
    assert instance.run_user_data(within_s=REGISTERED_S).status == 0
    row = await_(
        "a row of the next version",
        lambda: row if (row := instance.stack.row())["agent_version"] == NEXT else {},
        within_s=REGISTERED_S,
    )
    assert (row["status"], row["container_id"]) == ("healthy", before["container_id"])
    links = instance.on.guest.shell(f"readlink {HOME}/current; readlink {HOME}/fallback")
    assert set(links.split()) == {NEXT}
