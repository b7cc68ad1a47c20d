"""A replica gets another image, on a real engine with a real registry."""

from __future__ import annotations

import json
import subprocess
import threading
import time
import urllib.request
from collections.abc import Iterator

import pytest

from ladybug_lab.agent_process import AgentRun
from ladybug_lab.depot import Depot
from ladybug_lab.instance import LabInstance, remove_container
from support.booting import boot, container_of, container_status, mounted, row_of
from support.leaving import agent, replace_by_hand
from support.variants import forget_variants, publish_variant

pytestmark = pytest.mark.integration

SICK = 'ENTRYPOINT ["python3", "-c", "import time; time.sleep(600)"]'
ENDS = 'ENTRYPOINT ["python3", "-c", "raise SystemExit(7)"]'


@pytest.fixture
def replica(instance: LabInstance) -> Iterator[LabInstance]:
    instance.write_configuration(health={"wait_timeout_s": 8}, drain={"stop_grace_s": 2})
    done = boot(instance)
    assert done.status == 0, done.events
    yield instance
    for suffix in ("", "-previous", "-failed"):
        remove_container(instance.order.container + suffix)
    forget_variants()


def refresh(instance: LabInstance, *arguments: str) -> AgentRun:
    return agent(instance, "refresh", *arguments)


def answer(instance: LabInstance) -> dict[str, object]:
    url = f"http://127.0.0.1:{instance.order.port}/health"
    with urllib.request.urlopen(url, timeout=5) as reply:
        found: dict[str, object] = json.load(reply)
        return found


def test_a_new_image_takes_the_place_of_the_old(depot: Depot, replica: LabInstance) -> None:
    image = publish_variant(depot)
    done = refresh(replica, "--image", image)
    result = done.document()
    assert (done.status, result["result"]) == (0, "updated"), result
    assert result["from_digest"] == depot.digest != result["to_digest"]
    row = row_of(replica)
    assert row is not None
    assert (row["status"], row["image"], row["image_digest"]) == (
        "healthy",
        image,
        result["to_digest"],
    )
    with container_of(replica) as container:
        assert container.id == result["container_id"] == row["container_id"]
    assert answer(replica)["status"] == "healthy"
    again = refresh(replica, "--image", image)
    assert (again.status, again.document()["result"]) == (0, "no-op")
    assert boot(replica).status == 0  # back to the configured image


@pytest.mark.parametrize(
    ("line", "code"), [(SICK, "health_unreachable"), (ENDS, "container_exited")]
)
def test_a_bad_image_is_taken_back(
    depot: Depot, replica: LabInstance, line: str, code: str
) -> None:
    with container_of(replica) as before:
        assert before.id
    done = refresh(replica, "--image", publish_variant(depot, line))
    result = done.document()
    assert (done.status, result["result"], result["code"]) == (1, "rolled-back", code), result
    row = row_of(replica)
    assert row is not None
    assert (row["status"], row["image_digest"], row["container_id"]) == (
        "healthy",
        depot.digest,
        before.id,
    )
    with container_of(replica) as after:
        assert (after.id, after.status) == (before.id, "running")
    assert answer(replica)["status"] == "healthy"


def test_an_image_that_cannot_open_the_databases_never_replaces_one(
    depot: Depot, replica: LabInstance
) -> None:
    image = publish_variant(depot, "LABEL org.ladybugdb.storage-versions=10-20")
    with container_of(replica) as before:
        done = refresh(replica, "--image", image)
        assert (done.status, done.document()["code"]) == (1, "storage_version_too_new")
        before.reload()
        assert before.status == "running"


def test_a_service_that_is_gone_is_deferred_until_forced(replica: LabInstance) -> None:
    with container_of(replica) as container:
        container.kill()
    done = refresh(replica)
    assert (done.status, done.document()["code"]) == (75, "replica_not_healthy")
    forced = refresh(replica, "--force")
    assert (forced.status, forced.document()["result"]) == (0, "updated"), forced.document()
    assert container_status(replica) == "running"


def test_a_container_replaced_by_hand_is_not_touched(replica: LabInstance) -> None:
    with container_of(replica) as container:
        assert container.client
        replace_by_hand(container.client, replica.order.container)
    assert refresh(replica).status == 75
    forced = refresh(replica, "--force")
    assert (forced.status, forced.document()["code"]) == (1, "container_name_taken")


def test_a_mount_that_is_gone_is_made_anew_before_anything_else(replica: LabInstance) -> None:
    """The container still has the old one, of the same disk: the kernel may number both alike."""
    subprocess.run(["umount", "--lazy", str(replica.mount_point)], check=True)
    done = refresh(replica)
    assert (done.status, done.document()["result"] in {"no-op", "updated"}) == (0, True)
    assert mounted(replica) is not None
    assert answer(replica)["status"] == "healthy"


def test_a_drain_ends_a_refresh_and_nothing_is_started_again(
    depot: Depot, replica: LabInstance
) -> None:
    replica.write_configuration(health={"wait_timeout_s": 60}, drain={"stop_grace_s": 2})
    image = publish_variant(depot, SICK)
    ended: list[AgentRun] = []
    thread = threading.Thread(target=lambda: ended.append(refresh(replica, "--image", image)))
    thread.start()
    give_up = time.monotonic() + 30
    while (row_of(replica) or {}).get("reason_code") != "refreshing":
        assert time.monotonic() < give_up
        time.sleep(0.1)
    time.sleep(1.0)
    drained = agent(replica, "drain", "--trigger", "asg_termination")
    thread.join()
    row = row_of(replica)
    assert row is not None
    assert (drained.document()["result"], row["status"]) == ("drained", "terminated")
    assert (ended[0].status, container_status(replica)) == (1, "exited")
