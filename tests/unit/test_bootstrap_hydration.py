"""Whole runs of the boot that load the volume meanwhile: real threads, in real time."""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from contract.support.timing import ends_within
from fakes.boot import KEY, Machine
from fakes.clock import FakeClock, RealClock
from fakes.databases import DATABASE_UUID, database_bytes
from fakes.fault import fails
from fakes.hydration import FakeLayout, FakeMapStore, FakePageCache
from fakes.loading import PAGES_A_BLOCK, a_hot_map, runs
from fakes.mounts import FakeMounts
from fakes.one_shot import opens_all
from fakes.service import FakeHttp, json_reply
from fakes.storage import FakeBlockDevices
from ladybug_agent.boot_process import Ending, run_boot
from ladybug_agent.clock import Deadline
from ladybug_agent.errors import NotYet
from ladybug_agent.hydrate.openings import kept_opening
from ladybug_agent.model import HttpReply
from ladybug_agent.model.containers import OneShotResult, OneShotSpec
from ladybug_agent.model.hydration import BLOCK_BYTES, Extent, StoredMap
from ladybug_agent.resources.hydration.map_codec import encode_map

BLOCKS = 12
IDENTITY = str(DATABASE_UUID)
HOT = a_hot_map(runs(2 * PAGES_A_BLOCK), runs(5 * PAGES_A_BLOCK))
DATABASE = {"databases/sec.lbug": database_bytes(pages=BLOCKS * PAGES_A_BLOCK)}
PROBE = "sec: RETURN 1"
HELD_S = 20.0


@dataclass(slots=True)
class StuckStore(FakeMapStore):
    """Maps that do not come before they are let go."""

    released: threading.Event = field(default_factory=threading.Event)

    def load(self, database_uuid: str) -> StoredMap | None:
        self.released.wait(HELD_S)
        return FakeMapStore(self.maps).load(database_uuid)


class HangingHttp(FakeHttp):
    """A service that is healthy and never answers a query."""

    def post(self, url: str, body: bytes, deadline: Deadline | None = None) -> HttpReply:
        del body
        threading.Event().wait(min(HELD_S, deadline.remaining_s if deadline else HELD_S))
        raise NotYet("health_timeout", f"{url} did not answer in time")


class UnknownLayout(FakeLayout):
    """A filesystem that does not say where its files lie."""

    def extents(self, handle: int) -> tuple[Extent, ...]:
        del handle
        raise fails("file_layout_unknown")


def a_machine(
    tmp_path: Path,
    *,
    contents: Mapping[str, bytes] = DATABASE,
    config: Mapping[str, object] | None = None,
    **parts: object,
) -> Machine:
    """Return a machine that hydrates, with a map of its database."""
    clock = FakeClock()
    devices = FakeBlockDevices(clock)
    usual = {
        "block_devices": devices,
        "mounts": FakeMounts(devices, contents=contents),
        "maps": FakeMapStore({IDENTITY: encode_map(HOT)}),
    }
    return Machine.make(
        tmp_path,
        clock,
        config={"hydration.mode": "on", **(config or {})},
        **{**usual, **parts},
    )


def booted(machine: Machine, *, within_s: float = 60.0) -> Ending:
    clock = RealClock()
    return run_boot(machine.config, machine.world, clock, Deadline.after(within_s, clock))


def facts_of(machine: Machine, step: str = "await_warm") -> dict[str, Any]:
    found = next(one for one in machine.record["steps"] if one["name"] == step)
    facts: dict[str, Any] = found["facts"]
    return facts


def report_of(machine: Machine) -> dict[str, Any]:
    path = Path(machine.config.instance.state_dir) / "hydration.json"
    document: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return document


def failed(machine: Machine, step: str, code: str, *, within_s: float = 60.0) -> None:
    """Boot, and check that it failed so, and left nothing to serve."""
    booted(machine, within_s=within_s)
    record = machine.record
    assert (record["outcome"], record["code"]) == ("failed", code)
    assert machine.statuses[step] == "failed"
    assert machine.row_status == "no row"
    assert machine.container_status in {"absent", "exited"}


def test_a_boot_with_a_map_waits_until_the_hot_blocks_are_touched(tmp_path: Path) -> None:
    machine = a_machine(tmp_path)
    assert booted(machine).error is None
    facts = facts_of(machine)
    assert facts.pop("hydration") in {"hydrating", "warm"}
    assert facts == {"pct": 25.0, "hot_blocks": 3, "maps": {"sec": "found"}}


def test_the_row_says_how_warm_the_replica_is(tmp_path: Path) -> None:
    machine = a_machine(tmp_path)
    booted(machine)
    row = machine.world.instance_registry.rows[KEY]
    assert row["hydration_state"] in {"hydrating", "warm"}
    assert (row["hydration_pct"], row["degraded"], row["degraded_reasons"]) == (25.0, False, "")


def test_the_report_is_left_for_the_background_and_for_people(tmp_path: Path) -> None:
    machine = a_machine(tmp_path)
    booted(machine)
    report = report_of(machine)
    assert (report["volume_id"], report["pct"], report["hot_blocks"]) == (
        "vol-0123456789abcdef0",
        25.0,
        3,
    )
    assert report["fetch_rate"] > 0
    assert report["maps"][0]["recordings"] == 1


def test_a_boot_without_a_map_is_registered_all_the_same(tmp_path: Path) -> None:
    machine = a_machine(tmp_path, maps=FakeMapStore())
    assert booted(machine).error is None
    assert facts_of(machine)["maps"] == {"sec": "missing"}


@pytest.mark.parametrize(
    ("store", "state"),
    [
        (FakeMapStore({IDENTITY: b"torn"}), "unreadable"),
        (FakeMapStore(raises=fails("aws_access_denied")), "unavailable"),
    ],
)
def test_a_map_that_cannot_be_used_fails_no_boot(
    tmp_path: Path, store: FakeMapStore, state: str
) -> None:
    machine = a_machine(tmp_path, maps=store)
    assert booted(machine).error is None
    assert facts_of(machine)["maps"] == {"sec": state}


def test_what_the_opening_has_touched_is_kept_for_a_recording(tmp_path: Path) -> None:
    machine = a_machine(tmp_path, maps=FakeMapStore(), page_cache=FakePageCache(runs(0, 700)))
    booted(machine)
    kept = kept_opening(Path(machine.config.instance.state_dir), IDENTITY)
    assert kept
    assert kept.opening == runs(0, 700)


@pytest.mark.parametrize("case", ["has a map", "asks for none"])
def test_where_nothing_is_to_be_recorded_nothing_is_kept(tmp_path: Path, case: str) -> None:
    machine = a_machine(tmp_path, page_cache=FakePageCache(runs(0, 700)))
    if case == "asks for none":
        machine = a_machine(
            tmp_path, maps=FakeMapStore(), config={"hydration.record": "never"},
            page_cache=FakePageCache(runs(0, 700)),
        )  # fmt: skip
    booted(machine)
    assert kept_opening(Path(machine.config.instance.state_dir), IDENTITY) is None


def test_the_full_gate_waits_for_every_block(tmp_path: Path) -> None:
    machine = a_machine(tmp_path, config={"hydration.gate": "full"})
    booted(machine)
    row = machine.world.instance_registry.rows[KEY]
    assert (row["hydration_state"], row["hydration_pct"]) == ("complete", 100.0)
    assert report_of(machine)["state"] == "complete"


@pytest.mark.parametrize("gate", ["none", "open"])
def test_a_gate_that_asks_for_no_block_does_not_wait_for_any(tmp_path: Path, gate: str) -> None:
    store = StuckStore({IDENTITY: encode_map(HOT)})
    machine = a_machine(tmp_path, maps=store, config={"hydration.gate": gate})
    with ends_within(10):
        booted(machine)
    store.released.set()
    row = machine.world.instance_registry.rows[KEY]
    assert (row["hydration_state"], row["hydration_pct"], row["degraded"]) == (
        "hydrating",
        0.0,
        False,
    )


def test_a_gate_that_is_given_up_makes_a_degraded_replica(tmp_path: Path) -> None:
    store = StuckStore({IDENTITY: encode_map(HOT)})
    machine = a_machine(tmp_path, maps=store, config={"hydration.gate_timeout_s": 0.3})
    with ends_within(10):
        assert booted(machine).error is None
    store.released.set()
    row = machine.world.instance_registry.rows[KEY]
    assert (row["status"], row["degraded"], row["degraded_reasons"]) == (
        "healthy",
        True,
        "hydrating",
    )
    assert "hot blocks are being read" in facts_of(machine)["still_waited_for"]


def test_a_boot_whose_time_is_up_at_the_gate_fails(tmp_path: Path) -> None:
    store = StuckStore({IDENTITY: encode_map(HOT)})
    machine = a_machine(tmp_path, maps=store)
    with ends_within(15):
        failed(machine, "await_warm", "hydration_not_hot", within_s=2.0)
    store.released.set()


def truncated_disk(machine: Machine, tmp_path: Path) -> None:
    """Make every read behind the third block fail."""
    image = tmp_path / "image"
    image.write_bytes(bytes(3 * BLOCK_BYTES))
    machine.world.block_devices.state.image = image


@pytest.mark.parametrize("config", [{"hydration.gate": "full"}, {"hydration.hot_read": "blocks"}])
def test_blocks_that_cannot_be_read_fail_the_boot(
    tmp_path: Path, config: dict[str, object]
) -> None:
    machine = a_machine(tmp_path, config=config)
    truncated_disk(machine, tmp_path)
    failed(machine, "await_warm", "hydration_read_failed")
    assert "sec.lbug at byte" in machine.record["message"]


def test_a_layout_that_nobody_knows_fails_the_boot(tmp_path: Path) -> None:
    failed(a_machine(tmp_path, layout=UnknownLayout()), "await_warm", "file_layout_unknown")


def test_those_who_wait_are_told_that_the_volume_cannot_be_read(tmp_path: Path) -> None:
    machine = a_machine(tmp_path, config={"hydration.gate": "full"})
    truncated_disk(machine, tmp_path)
    booted(machine)
    assert [(told.success, "hydration_read_failed" in told.reason) for told in machine.told] == [
        (False, True)
    ]


def answering(reply: HttpReply) -> FakeHttp:
    return FakeHttp(FakeClock(), replies={"/databases/sec/query": reply})


def test_a_probe_that_is_answered_opens_the_gate(tmp_path: Path) -> None:
    http = answering(json_reply({"rows": [[1]]}))
    machine = a_machine(tmp_path, http=http, config={"hydration.probes": (PROBE,)})
    assert booted(machine).error is None
    assert http.posted == [b'{"cypher": "RETURN 1"}']


def test_a_probe_that_is_refused_fails_the_boot(tmp_path: Path) -> None:
    http = answering(HttpReply(status=400, body=b"syntax error"))
    machine = a_machine(tmp_path, http=http, config={"hydration.probes": (PROBE,)})
    failed(machine, "await_warm", "probe_refused")


def test_a_probe_without_an_answer_makes_a_degraded_replica(tmp_path: Path) -> None:
    machine = a_machine(
        tmp_path,
        http=HangingHttp(FakeClock()),
        config={"hydration.probes": (PROBE,), "hydration.gate_timeout_s": 0.3},
    )
    with ends_within(10):
        assert booted(machine).error is None
    assert machine.world.instance_registry.rows[KEY]["degraded_reasons"] == "hydrating"


def test_probes_are_asked_where_nothing_is_read_ahead(tmp_path: Path) -> None:
    http = answering(json_reply({"rows": [[1]]}))
    config = {"hydration.mode": "off", "hydration.probes": (PROBE,)}
    machine = a_machine(tmp_path, http=http, config=config)
    assert booted(machine).error is None
    assert len(http.posted) == 1


def test_a_probe_without_an_answer_does_not_hide_that_the_volume_cannot_be_read(
    tmp_path: Path,
) -> None:
    """Both have one reason: a volume whose reads fail or hang."""
    machine = a_machine(
        tmp_path,
        http=HangingHttp(FakeClock()),
        config={"hydration.probes": (PROBE,), "hydration.gate": "full"},
    )
    truncated_disk(machine, tmp_path)
    with ends_within(10):
        failed(machine, "await_warm", "hydration_read_failed")


def test_a_boot_that_is_told_to_stop_does_not_wait_for_a_probe(tmp_path: Path) -> None:
    machine = a_machine(
        tmp_path, http=HangingHttp(FakeClock()), config={"hydration.probes": (PROBE,)}
    )
    clock = RealClock()
    deadline = Deadline.after(60.0, clock)
    stop = threading.Timer(1.5, deadline.cancel)
    stop.start()
    with ends_within(10):
        run_boot(machine.config, machine.world, clock, deadline)
    stop.cancel()
    assert machine.record["outcome"] == "cancelled"
    assert machine.row_status == "no row"


def finishes(spec: OneShotSpec) -> OneShotResult:
    """Finish a checkpoint, where that is what is asked for."""
    if json.loads(spec.command[-1])["act"] == "checkpoint":
        for left in Path(spec.data.source).glob("*.shadow"):
            left.unlink()
    return opens_all(spec)


@dataclass(slots=True)
class SlowStore(FakeMapStore):
    """Maps that take a moment each time."""

    def load(self, database_uuid: str) -> StoredMap | None:
        threading.Event().wait(0.5)
        return FakeMapStore(self.maps).load(database_uuid)


def test_a_recovery_waits_until_nothing_of_the_volume_is_open(tmp_path: Path) -> None:
    """It unmounts the volume, which the kernel refuses as long as a file of it is read."""
    machine = a_machine(
        tmp_path,
        contents={**DATABASE, "databases/sec.lbug.shadow": b"half a checkpoint"},
        maps=SlowStore({IDENTITY: encode_map(HOT)}),
        config={"data.on_pending_recovery": "recover"},
    )
    machine.world.engine.one_shot = finishes
    assert booted(machine).error is None
    assert machine.statuses["recover_databases"] == "done"
    assert machine.row_status == "healthy"


def test_after_a_recovery_it_is_begun_again(tmp_path: Path) -> None:
    machine = a_machine(
        tmp_path,
        contents={**DATABASE, "databases/sec.lbug.shadow": b"half a checkpoint"},
        config={"data.on_pending_recovery": "recover"},
    )
    machine.world.engine.one_shot = finishes
    booted(machine)
    assert facts_of(machine)["pct"] == 25.0


def test_a_rerun_over_a_service_that_serves_reads_nothing_ahead(tmp_path: Path) -> None:
    machine = a_machine(tmp_path)
    booted(machine)
    machine.world.maps.raises = fails("aws_unreachable")  # nobody asks
    assert booted(machine).error is None
    facts = facts_of(machine)
    assert facts.pop("hydration") in {"hydrating", "warm"}
    assert facts == {"pct": 25.0, "served_before": True}
    assert machine.world.instance_registry.rows[KEY]["hydration_pct"] == 25.0


def test_a_rerun_whose_container_is_gone_reads_what_was_touched_again(tmp_path: Path) -> None:
    machine = a_machine(tmp_path)
    booted(machine)
    machine.world.engine.containers.clear()
    assert booted(machine).error is None
    facts = facts_of(machine)
    assert (facts["pct"], facts["maps"]) == (25.0, {"sec": "found"})


def test_a_boot_that_is_over_reads_no_longer(tmp_path: Path) -> None:
    """The background goes on with it, in a process of its own."""
    machine = a_machine(
        tmp_path,
        maps=SlowStore({IDENTITY: encode_map(HOT)}),
        config={"hydration.gate": "open"},
    )
    assert booted(machine).error is None
    with ends_within(5):
        while any(thread.name == "hydration" for thread in threading.enumerate()):
            threading.Event().wait(0.05)


def test_an_empty_replica_has_nothing_to_load(tmp_path: Path) -> None:
    machine = a_machine(tmp_path, config={"data.mode": "empty"})
    assert booted(machine).error is None
    row = machine.world.instance_registry.rows[KEY]
    assert (row["hydration_state"], row["hydration_pct"]) == ("off", 0.0)
    assert "hydrating" not in str(row["degraded_reasons"])
