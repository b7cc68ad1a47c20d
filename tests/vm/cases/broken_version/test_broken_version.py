"""A new version of the agent cannot even start."""

from __future__ import annotations

import pytest

from vm.conftest import Launch
from vm.surroundings import await_

pytestmark = pytest.mark.vm

HOME = "/opt/ladybug-agent"
GIVEN_UP = "/var/lib/ladybug-agent/versions/given-up.json"
GIVEN_UP_S = 300.0


def test_a_version_that_fails_three_times_gives_way_to_the_one_before(launch: Launch) -> None:
    instance = launch("idle")
    instance.resume()
    instance.plug()
    instance.run_user_data()
    before = instance.await_registered()
    guest, good = instance.on.guest, instance.stack.bundle.version
    broken = f"{HOME}/99.0.0"
    guest.shell(
        f"cp -a {HOME}/{good} {broken} && ln -sfn /bin/false {broken}/bin/python"
        f" && sed -i '1s|.*|#!{broken}/bin/python|' {broken}/bin/ladybug-agent"
        f" && {HOME}/ladybug-versions use 99.0.0"
    )
    await_("the version before", lambda: "99.0.0" in guest.read(GIVEN_UP), within_s=GIVEN_UP_S)
    assert guest.shell(f"readlink {HOME}/current").strip() == good
    assert "99.0.0 is given up after 3 failed boots" in instance.on.shown()
    row = instance.await_registered()
    # The container served all the time; the boot of the old version found all as it was.
    assert row["container_id"] == before["container_id"]
    assert set(instance.stack.signalled()) == {"SUCCESS"}
