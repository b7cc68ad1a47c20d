"""The health check's looks at engine, disks and cloud, where these answer well, badly or not."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import parse_qs

import pytest

from contract.support.aws import REGION, make_registry_table, point_at, role_credentials
from contract.support.docker_server import docker_engine, document, said
from contract.support.http_server import Exchange, Running, serving
from contract.support.timing import ends_within
from ladybug_agent.adapters.lean.aws import LeanAws
from ladybug_agent.adapters.lean.cloud import LeanCloud
from ladybug_agent.adapters.lean.disks import LeanDisks
from ladybug_agent.adapters.lean.docker import LeanDocker
from ladybug_agent.clock import SystemClock
from ladybug_agent.errors import ExternalFailure
from ladybug_lab.aws.server import LabAws

NAME = "graph-api-shared"
PATH = f"GET /containers/{NAME}/json"
REPORT = {
    "Id": "c0ffee",
    "Name": f"/{NAME}",
    "Image": "sha256:1",
    "State": {"Status": "running", "ExitCode": 0, "OOMKilled": False},
    "Config": {"Labels": {"a": "b"}, "User": "1000:1000"},
    "HostConfig": {"ReadonlyRootfs": True, "CapDrop": ["ALL"], "SecurityOpt": None},
    "Mounts": [{"Type": "bind", "Source": "/s", "Destination": "/d", "RW": False}],
}


def look(engine: Running) -> LeanDocker:
    return LeanDocker(engine.url, SystemClock())


def test_a_container_is_reported_as_by_the_other_adapter(tmp_path: Path) -> None:
    with docker_engine(tmp_path, {PATH: document(200, REPORT)}) as engine:
        found = look(engine).container(NAME)
    assert found is not None
    assert (found.container_id, found.name, found.status, found.user) == (
        "c0ffee",
        NAME,
        "running",
        "1000:1000",
    )
    assert found.binds[0].read_only


def test_no_container_is_none(tmp_path: Path) -> None:
    with docker_engine(tmp_path, {PATH: said(404, "No such container")}) as engine:
        assert look(engine).container(NAME) is None


@pytest.mark.parametrize(
    ("route", "code"),
    [
        (said(500, "out of order"), "container_engine_refused"),
        (document(200, {"Id": "half"}), "container_engine_unreachable"),
        (document(200, []), "container_engine_unreachable"),
        (lambda exchange: exchange.answer(200, "<html>"), "container_engine_unreachable"),
        (lambda exchange: exchange.cut(), "container_engine_unreachable"),
    ],
)
def test_an_engine_that_answers_badly_is_no_verdict_on_the_container(
    tmp_path: Path, route: object, code: str
) -> None:
    with (
        docker_engine(tmp_path, {PATH: route}) as engine,  # type: ignore[dict-item]
        pytest.raises(ExternalFailure) as failure,
    ):
        look(engine).container(NAME)
    assert failure.value.code == code


@pytest.mark.thorough
def test_an_engine_that_hangs_is_given_up_within_three_seconds(tmp_path: Path) -> None:
    def hang(exchange: Exchange) -> None:
        exchange.hold(30)

    with (
        docker_engine(tmp_path, {PATH: hang}) as engine,
        ends_within(3.5),
        pytest.raises(ExternalFailure) as failure,
    ):
        look(engine).container(NAME)
    assert failure.value.code == "container_engine_unreachable"


def test_an_engine_that_is_not_there_is_unreachable(tmp_path: Path) -> None:
    with pytest.raises(ExternalFailure) as failure:
        LeanDocker(f"unix://{tmp_path}/none.sock", SystemClock()).container(NAME)
    assert failure.value.code == "container_engine_unreachable"


def make_disk(tmp_path: Path, **attributes: str) -> LeanDisks:
    entry = tmp_path / "sys/dev/block/259:3"
    (entry / "device").mkdir(parents=True)
    for name, text in attributes.items():
        (entry / name.replace("__", "/")).write_text(f"{text}\n")
    return LeanDisks(tmp_path / "sys", tmp_path / "udev")


def test_a_disk_is_there_with_a_size(tmp_path: Path) -> None:
    disks = make_disk(tmp_path, size="2048", diskseq="9")
    assert disks.is_there("259:3")
    assert not disks.is_there("259:4")
    assert (disks.sequence("259:3"), disks.sequence("259:4")) == (9, 0)


def test_a_loop_device_that_is_free_is_not_there(tmp_path: Path) -> None:
    assert not make_disk(tmp_path, size="0").is_there("259:3")


def test_the_serial_number_is_sysfs_s_before_udev_s(tmp_path: Path) -> None:
    disks = make_disk(tmp_path, size="8", device__serial="vol0123")
    assert disks.serial("259:3") == "vol0123"


def test_the_serial_number_is_udev_s_where_sysfs_has_none(tmp_path: Path) -> None:
    disks = make_disk(tmp_path, size="8")
    assert disks.serial("259:3") == ""
    (tmp_path / "udev").mkdir()
    (tmp_path / "udev" / "b259:3").write_text("S:disk\nE:ID_MODEL=X\nE:ID_SERIAL_SHORT=vol0456\n")
    assert disks.serial("259:3") == "vol0456"


def a_cloud(table: str = "table") -> LeanCloud:
    return LeanCloud(LeanAws(role_credentials, REGION, SystemClock()), table)


def test_a_topic_is_told_by_one_call(monkeypatch: pytest.MonkeyPatch) -> None:
    bodies: list[bytes] = []

    def respond(exchange: Exchange) -> None:
        bodies.append(exchange.body)
        exchange.answer(200, "<PublishResponse/>")

    with serving(respond) as server:
        point_at(server.url, monkeypatch)
        cloud = a_cloud()
        cloud.notify("arn:aws:sns:x:1:t", "a subject", "two\nlines & more")
    (said_,) = (parse_qs(body.decode()) for body in bodies)
    assert (said_["Action"], said_["Message"]) == (["Publish"], ["two\nlines & more"])
    assert cloud.calls == 1


def test_an_instance_is_given_up_by_its_grace_period(
    aws: LabAws, monkeypatch: pytest.MonkeyPatch
) -> None:
    point_at(aws.url, monkeypatch)
    with pytest.raises(ExternalFailure):  # an instance that no group has
        a_cloud().give_up_instance("i-0123456789abcdef0")
    assert aws.calls == [("autoscaling", "SetInstanceHealth")]


def test_peers_are_those_of_our_node_type(aws: LabAws, monkeypatch: pytest.MonkeyPatch) -> None:
    point_at(aws.url, monkeypatch)
    table = make_registry_table(aws)
    for number, kind in enumerate(["shared_replica", "shared_master", "shared_replica"]):
        aws.client("dynamodb").put_item(
            TableName=table,
            Item={
                "instance_id": {"S": f"i-{number}"},
                "node_type": {"S": kind},
                "status": {"S": "healthy"},
                "lease_expires_at": {"N": "12"},
            },
        )
    found = sorted(a_cloud(table).peers(), key=lambda row: str(row["instance_id"]))
    assert [row["instance_id"] for row in found] == ["i-0", "i-2"]
    assert found[0]["lease_expires_at"] == 12


def test_metrics_are_written_to_a_stream_that_is_made_first(
    aws: LabAws, monkeypatch: pytest.MonkeyPatch
) -> None:
    point_at(aws.url, monkeypatch)
    logs = aws.client("logs")
    logs.create_log_group(logGroupName="/group")
    cloud, stamp = a_cloud(), 1_770_379_200_000
    with pytest.raises(ExternalFailure) as failure:
        cloud.put_log_events("/group", "i-1", [(stamp, "{}")])
    assert failure.value.code == "log_stream_missing"
    cloud.make_log_stream("/group", "i-1")
    cloud.make_log_stream("/group", "i-1")  # by a run before, whose answer was lost
    cloud.put_log_events("/group", "i-1", [(stamp, '{"a": 1}')])
    assert cloud.calls == 4
